// The daemon's HSM: its configuration, its keys, and the signer of checkpoints.
#pragma once

#include "appliance/audit/journal.hpp"
#include "appliance/daemon/config.hpp"
#include "appliance/daemon/data_directory.hpp"
#include "hsm/client/client.hpp"

namespace kaito::daemon {

// The worker's configuration. Writes SoftHSM's for the embedded token.
Result<hsm::ClientConfig> hsm_config(const Config& config, const DataDirectory& data);

// The embedded token with random PINs in files; an external token is left as it is. May be run again.
Status set_up_embedded_token(const Config& config, const DataDirectory& data, const hsm::ClientConfig& hsm);

struct HsmKeys {
  KeyVersion platform_version = 0;        // newest
  std::vector<hsm::AuditKey> audit_keys;  // oldest first
};

// What the token holds. `make_missing`: creates version 1 of what is not there (set-up only); otherwise a missing key
// is Code::configuration.
Task<Result<HsmKeys>> find_keys(hsm::Client& hsm, bool make_missing);

class HsmCheckpointSigner final : public audit::CheckpointSigner {
 public:
  HsmCheckpointSigner(hsm::Client& hsm, hsm::AuditKey key) : hsm_(hsm), key_(key) {}
  Task<Result<ByteArray<64>>> sign(Bytes message) override;
  [[nodiscard]] const ByteArray<32>& public_key() const override { return key_.public_key; }
  [[nodiscard]] KeyVersion key_version() const override { return key_.version; }

 private:
  hsm::Client& hsm_;
  hsm::AuditKey key_;
};

}  // namespace kaito::daemon
