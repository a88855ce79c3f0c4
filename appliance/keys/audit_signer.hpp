// The audit key in use: who signs checkpoints and key certificates. Changes while the appliance runs, when the key is
// rotated.
#pragma once

#include <memory>
#include <mutex>

#include "appliance/audit/journal.hpp"
#include "hsm/client/client.hpp"

namespace kaito::keys {

// Thread-safe.
class AuditSigner {
 public:
  AuditSigner(hsm::Client& hsm, const hsm::AuditKey& key) : hsm_(hsm), present_(of(key)) {}

  // The signer with the present key. Who has it keeps it for as long as one piece of work takes.
  [[nodiscard]] std::shared_ptr<audit::CheckpointSigner> present() const;
  void use(const hsm::AuditKey& key);
  // A signer with any version that the token holds.
  [[nodiscard]] std::shared_ptr<audit::CheckpointSigner> of(const hsm::AuditKey& key) const;

 private:
  hsm::Client& hsm_;
  mutable std::mutex mutex_;
  std::shared_ptr<audit::CheckpointSigner> present_;
};

}  // namespace kaito::keys
