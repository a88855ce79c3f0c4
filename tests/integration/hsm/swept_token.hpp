// A SoftHSM2 token with keys and with what they protect, served by a KeyService over p11fault in this process. What was
// acknowledged is remembered, so that a clean service can be asked for all of it.
#pragma once

#include "hsm/key_service.hpp"
#include "tests/integration/hsm/faulty_module.hpp"

namespace kaito::hsm::test {

// An org KEK and a DEK that it wraps.
struct KeptOrg {
  Bytes blob;
  Bytes aad;
  ByteArray<kDekSize> dek{};
  Bytes wrapped_dek;
  SealedMessage sealed;  // under the DEK
  [[nodiscard]] OrgKekView kek() const { return {.blob = blob, .aad = aad}; }
};

class SweptToken {
 public:
  // Two orgs. The appliance's own also has platform KEKs 1 and 2, backup key 1 and audit key 1; a customer's has the
  // orgs' KEKs as token objects.
  explicit SweptToken(TokenRole role = TokenRole::appliance);

  // A new service with its own login, as a worker that starts. Any service before it must be closed.
  Status open();
  void close();
  // As a new worker process would, without faults. Throws when that fails.
  void open_clean();
  [[nodiscard]] KeyService& service() { return *service_; }
  [[nodiscard]] bool is_open() const noexcept { return service_ != nullptr; }

  // Asks the open service for everything that was acknowledged. Empty: all is there and right.
  std::string missing();
  // A DEK that the service opens, or what is wrong.
  std::string opens(const KeptOrg& org);
  std::string signs_right(ByteView message, const ByteArray<64>& signature) const;

  // Behind the service's back: every key of that label.
  void destroy_keys(std::string_view label);

  FaultyModule& module() noexcept { return module_; }
  [[nodiscard]] const KeptOrg& org(std::size_t index) const { return orgs_.at(index); }
  [[nodiscard]] const CapturedLog& log() const noexcept { return log_; }

 private:
  KeptOrg make_org(std::string_view name);
  const TokenRole role_;
  SoftHsmToken token_;
  FaultyModule module_{token_};
  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  std::optional<GuardedTokenDirectory> guard_;
  std::unique_ptr<KeyService> service_;
  AuditKey audit_key_;
  std::vector<KeptOrg> orgs_;
};

}  // namespace kaito::hsm::test
