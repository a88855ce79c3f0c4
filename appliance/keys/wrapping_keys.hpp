// The key pairs by which customers send keys of their own: made and destroyed by security officers, certified for
// whoever is going to wrap by one.
#pragma once

#include <optional>
#include <string>

#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/keys/audit_signer.hpp"

namespace kaito::keys {

struct WrappingCertificate {
  KeyVersion version = 0;
  std::string pem;                  // the key's certificate and its issuer's
  std::size_t bits = 0;             // of the RSA key
  std::string hash;                 // of RSA-OAEP and its MGF1: "SHA-1" or "SHA-256"
  bool takes_aes_key_wrap = false;  // RSA-AES key wrap as well as RSA-OAEP
  std::string verifier_key;         // that signed it
  TimePoint made_at{};              // the key
};

// Thread-safe.
class WrappingKeys {
 public:
  WrappingKeys(hsm::Client& hsm, store::Store& store, audit::Journal& journal, AuditSigner& signer, const Clock& clock)
      : hsm_(hsm), store_(store), journal_(journal), signer_(signer), clock_(clock) {}

  // Makes the next version; those before stay good until they are destroyed. The HSM does nothing else for the second
  // or two that an RSA pair takes. Code::hsm_unsupported when it could not unwrap by it; then none is left behind.
  Task<Result<auth::Recorded<store::HsmKey>>> create(const auth::Permit& permit);
  // Success once the token was searched again and it was not found. Code::not_found when there is no such version.
  Task<Result<auth::Recorded<store::HsmKey>>> destroy(const auth::Permit& permit, KeyVersion version);
  // Of that version, or of the newest. Code::not_found (field "wrapping_key") when there is none.
  Task<Result<auth::Recorded<WrappingCertificate>>> certificate(const auth::Permit& permit,
                                                                std::optional<KeyVersion> version);

 private:
  Result<std::vector<store::HsmKey>> all();
  Task<Result<WrappingCertificate>> certify(store::HsmKey row);
  Task<Result<auth::Recorded<store::HsmKey>>> commit(const auth::Permit& permit, store::HsmKey row);

  hsm::Client& hsm_;
  store::Store& store_;
  audit::Journal& journal_;
  AuditSigner& signer_;
  const Clock& clock_;
};

// "SHA-1", "SHA-256".
std::string_view hash_name(hsm::OaepHash hash) noexcept;

}  // namespace kaito::keys
