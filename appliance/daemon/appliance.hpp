// The running appliance: every part, in the order in which they need one another.
#pragma once

#include <memory>
#include <string>

#include "appliance/base/log.hpp"
#include "appliance/base/random.hpp"
#include "appliance/base/secret.hpp"
#include "appliance/daemon/config.hpp"

namespace kaito::daemon {

class Appliance {
 public:
  // Opens everything up to the listener, which does not accept yet. Errors carry the exit code that the service manager
  // acts on: hsm_pin_rejected after one attempt, hsm_key_rejected, configuration, integrity, storage_failed.
  static Result<std::unique_ptr<Appliance>> open(const Config& config, const Clock& clock, Random& random, Logger& log);
  ~Appliance();
  Appliance(const Appliance&) = delete;
  Appliance& operator=(const Appliance&) = delete;

  void start();
  // Loads the certificate again; what is served stays when it cannot be loaded. Verifies the database's rows again.
  void reload();
  // Ends what is in flight, signs a last checkpoint, closes everything.
  void stop();

  [[nodiscard]] std::uint16_t port() const noexcept;
  // The set-up token, while no staff key is enrolled; else empty. It lies in <data>/setup-token too.
  [[nodiscard]] const Token& setup_token_notice() const noexcept;

 private:
  struct Parts;
  explicit Appliance(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace kaito::daemon
