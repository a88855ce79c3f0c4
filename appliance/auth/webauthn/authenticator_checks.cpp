#include "appliance/auth/webauthn/authenticator_checks.hpp"

#include <openssl/sha.h>

#include "appliance/auth/webauthn/reason.hpp"

namespace kaito::webauthn {

Status check_authenticator_data(const AuthenticatorData& data, const RelyingParty& rp, const Policy& policy) {
  // §7.1 step 14, §7.2 step 15: rpIdHash.
  ByteArray<32> expected{};
  SHA256(as_bytes(rp.id).data(), rp.id.size(), expected.data());
  if (data.rp_id_hash != expected) return refuse(Reason::rp_id, "made for another relying party");

  // §7.1 step 15, §7.2 step 16: UP. Conditional creation, which may lack it, is never asked for.
  if (!data.has(kFlagUp)) return refuse(Reason::up, "user was not present");

  // §7.1 step 16, §7.2 step 17: UV.
  if (policy.uv == UserVerification::required && !data.has(kFlagUv)) return refuse(Reason::uv, "user was not verified");

  // §7.1 step 17, §7.2 step 18: BS without BE contradicts itself.
  if (data.has(kFlagBs) && !data.has(kFlagBe)) return refuse(Reason::be_bs, "backed up, but not eligible for backup");

  // §7.1 step 18, §7.2 step 19.3: policy on backup eligibility.
  if (data.has(kFlagBe) && !policy.allow_backup_eligible)
    return refuse(Reason::be_bs, "credentials that can be synced are not allowed");
  return {};
}

}  // namespace kaito::webauthn
