// A key of its own in an external HSM, by which the volume's passphrase is wrapped (docs/formats/luks-tokens.md): a
// token object "kaito-volume" that no rotation of the appliance's keys touches.
#pragma once

#include <memory>

#include "appliance/base/log.hpp"
#include "hsm/client/client.hpp"
#include "luks/ways/hsm_way.hpp"
#include "provisioning/hsm_token.hpp"

namespace kaito::provisioning {

// One thread.
class TokenKey final : public luks::KeyWrapper {
 public:
  // Starts a worker and waits for it: the errors of hsm::Client::start().
  static Result<std::unique_ptr<TokenKey>> connect(const HsmPlan& hsm, const Places& places, const Clock& clock);

  [[nodiscard]] std::string name() const override;
  // Makes the key when it is missing.
  Result<Wrapped> wrap(const luks::WayBytes& secret) override;
  Result<luks::WayBytes> unwrap(const Wrapped& wrapped) override;

 private:
  // stderr's own part of the log, at errors only: a boot that goes well says one line.
  TokenKey(const Clock& clock) : log_(sink_, clock, LogLevel::error) {}

  StderrSink sink_;
  Logger log_;
  std::unique_ptr<hsm::Client> client_;
};

}  // namespace kaito::provisioning
