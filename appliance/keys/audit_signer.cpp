#include "appliance/keys/audit_signer.hpp"

namespace kaito::keys {
namespace {

class HsmSigner final : public audit::CheckpointSigner {
 public:
  HsmSigner(hsm::Client& hsm, const hsm::AuditKey& key) : hsm_(hsm), key_(key) {}
  Task<Result<ByteArray<64>>> sign(Bytes message) override {
    co_return co_await hsm_.sign(key_.version, std::move(message));
  }
  [[nodiscard]] const ByteArray<32>& public_key() const override { return key_.public_key; }
  [[nodiscard]] KeyVersion key_version() const override { return key_.version; }

 private:
  hsm::Client& hsm_;
  const hsm::AuditKey key_;
};

}  // namespace

std::shared_ptr<audit::CheckpointSigner> AuditSigner::present() const {
  const std::lock_guard lock(mutex_);
  return present_;
}

void AuditSigner::use(const hsm::AuditKey& key) {
  auto signer = of(key);
  const std::lock_guard lock(mutex_);
  present_ = std::move(signer);
}

std::shared_ptr<audit::CheckpointSigner> AuditSigner::of(const hsm::AuditKey& key) const {
  return std::make_shared<HsmSigner>(hsm_, key);
}

}  // namespace kaito::keys
