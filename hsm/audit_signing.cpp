#include "hsm/audit_signing.hpp"

#include "hsm/known_answers.hpp"

namespace kaito::hsm {

// A token without Ed25519 signs nothing, or as much as an HMAC key in it can vouch for.
TokenResult<AuditSigning> choose_audit_signing(const Token& token, Session& session) {
  if (token.supports(CKM_EC_EDWARDS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR) &&
      token.supports(CKM_EDDSA, CKF_SIGN | CKF_VERIFY)) {
    auto tested = test_ed25519(session);
    if (!tested && tested.error().error.code == Code::hsm_unsupported) tested = test_ed25519(session);  // no, twice
    if (tested) return AuditSigning::in_token;
    if (tested.error().error.code != Code::hsm_unsupported) return fail(tested.error());
  }
  const bool hmac =
      token.supports(CKM_GENERIC_SECRET_KEY_GEN, CKF_GENERATE) && token.supports(CKM_SHA256_HMAC, CKF_SIGN);
  return hmac ? AuditSigning::in_worker : AuditSigning::none;
}

std::string_view audit_signing_name(AuditSigning how) noexcept {
  switch (how) {
    case AuditSigning::in_token: return "Ed25519 in the token (CKM_EDDSA)";
    case AuditSigning::in_worker: return "Ed25519 in the worker (derived by CKM_SHA256_HMAC)";
    case AuditSigning::none: break;
  }
  return "none";
}

}  // namespace kaito::hsm
