// The customers' HSMs that the operator has configured, by name. An org's owner chooses among those that are open to
// the org and can name no module, file or address (docs/adr/0009-customers-hsms.md).
#pragma once

#include <map>

#include "appliance/keys/hsm_connection.hpp"

namespace kaito::keys {

// Thread-safe.
class HsmConnections {
 public:
  HsmConnections(const Clock& clock, Logger& log) : clock_(clock), log_(log) {}

  // From now on these, those named in `kept` as they are, and no others; at the start, and whenever the configuration
  // was read again. Starts nothing.
  void configure(std::vector<HsmConnectionSettings> settings, const std::vector<std::string>& kept = {});

  // Null when no such HSM was ever configured. Otherwise valid for as long as this is.
  HsmConnection* find(std::string_view name);
  // customer_hsm_unavailable when it is not configured.
  Result<HsmConnection*> need(std::string_view name);

  [[nodiscard]] std::vector<HsmConnectionReport> report() const;

  // To be called every second or so.
  void look_after();
  // Ends all workers and refuses everybody. Blocks for at most the longest deadline.
  void stop();

 private:
  [[nodiscard]] std::vector<HsmConnection*> all() const;

  const Clock& clock_;
  Logger& log_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<HsmConnection>, std::less<>> connections_;  // only ever grows
};

}  // namespace kaito::keys
