#include "luks/ways/tpm2_session.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>
#include <tss2/tss2_tctildr.h>

#include <algorithm>

namespace kaito::luks {
namespace {

constexpr TSS2_RC kLayerMask = 0xffff0000;
constexpr TSS2_RC kFormatOne = 0x80;       // TPM 2.0 Part 2, section 6.6: such codes carry a parameter's number
constexpr TSS2_RC kFormatOneMask = 0x0bf;  // without it

Code code_of_tpm(TSS2_RC result) {
  const TSS2_RC code = result & ~kLayerMask;
  if (code == TPM2_RC_LOCKOUT) return Code::rate_limited;
  const TSS2_RC bare = (code & kFormatOne) ? (code & kFormatOneMask) : code;
  switch (bare) {
    case TPM2_RC_INTEGRITY:
    case TPM2_RC_POLICY_FAIL:
    case TPM2_RC_PCR_CHANGED:
    case TPM2_RC_SIGNATURE:
    case TPM2_RC_AUTH_FAIL: return Code::unauthenticated;
    default: return Code::storage_failed;
  }
}

// As systemd describes the key to the TPM: its name, a hash of this, is in the policy.
Result<TpmHandle> load_public(ESYS_CONTEXT* esys, const PolicyKey& key) {
  TPM2B_PUBLIC object{};
  object.publicArea.type = TPM2_ALG_RSA;
  object.publicArea.nameAlg = TPM2_ALG_SHA256;
  object.publicArea.objectAttributes = TPMA_OBJECT_DECRYPT | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH;
  auto& rsa = object.publicArea.parameters.rsaDetail;
  rsa.symmetric.algorithm = TPM2_ALG_NULL;
  rsa.scheme.scheme = TPM2_ALG_NULL;
  rsa.keyBits = static_cast<TPMI_RSA_KEY_BITS>(key.modulus().size() * 8);
  rsa.exponent = key.exponent();
  auto& modulus = object.publicArea.unique.rsa;
  if (key.modulus().size() > sizeof modulus.buffer)
    return fail(Code::configuration, "TPM: the signer's key is too long");
  modulus.size = static_cast<UINT16>(key.modulus().size());
  std::ranges::copy(key.modulus(), modulus.buffer);
  TpmHandle loaded(esys);
  KAITO_CHECK(
      tpm_check("loading the signer's key", Esys_LoadExternal(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nullptr,
                                                              &object, ESYS_TR_RH_OWNER, loaded.put())));
  return loaded;
}

// The TPM's word that `key` has signed `policy`.
Result<TPMT_TK_VERIFIED> verify(ESYS_CONTEXT* esys, const TpmHandle& key, const Bytes& policy, const Bytes& signature) {
  TPM2B_DIGEST hash{.size = SHA256_DIGEST_LENGTH};
  SHA256(policy.data(), policy.size(), hash.buffer);
  TPMT_SIGNATURE signed_by{};
  signed_by.sigAlg = TPM2_ALG_RSASSA;
  auto& rsa = signed_by.signature.rsassa;
  rsa.hash = TPM2_ALG_SHA256;
  if (signature.size() > sizeof rsa.sig.buffer) return fail_invalid("signatures", "has one that is too long");
  rsa.sig.size = static_cast<UINT16>(signature.size());
  std::ranges::copy(signature, rsa.sig.buffer);
  TPMT_TK_VERIFIED* ticket = nullptr;
  KAITO_CHECK(tpm_check(
      "checking the boot image's signature",
      Esys_VerifySignature(esys, key.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &hash, &signed_by, &ticket)));
  const EsysOwned<TPMT_TK_VERIFIED> owned(ticket);
  return *ticket;
}

}  // namespace

Tpm2::Connection::~Connection() {
  if (esys) Esys_Finalize(&esys);
  if (tcti) Tss2_TctiLdr_Finalize(&tcti);
}

Status tpm_check(std::string_view doing, TSS2_RC result) {
  if (result == TSS2_RC_SUCCESS) return {};
  return fail(code_of_tpm(result), fmt::format("TPM: {}: error {:#x}", doing, result));
}

Result<TpmHandle> make_primary(ESYS_CONTEXT* esys) {
  const TPM2B_SENSITIVE_CREATE no_auth{};
  TPM2B_PUBLIC key{};
  key.publicArea.type = TPM2_ALG_ECC;
  key.publicArea.nameAlg = TPM2_ALG_SHA256;
  key.publicArea.objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_FIXEDTPM |
                                    TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                                    TPMA_OBJECT_USERWITHAUTH;
  auto& ecc = key.publicArea.parameters.eccDetail;
  ecc.symmetric.algorithm = TPM2_ALG_AES;
  ecc.symmetric.keyBits.aes = 128;
  ecc.symmetric.mode.aes = TPM2_ALG_CFB;
  ecc.scheme.scheme = TPM2_ALG_NULL;
  ecc.curveID = TPM2_ECC_NIST_P256;
  ecc.kdf.scheme = TPM2_ALG_NULL;
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION creation{};
  TpmHandle primary(esys);
  KAITO_CHECK(
      tpm_check("making the storage key",
                Esys_CreatePrimary(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, &key,
                                   &outside, &creation, primary.put(), nullptr, nullptr, nullptr, nullptr)));
  return primary;
}

Result<TpmHandle> start_session(ESYS_CONTEXT* esys, TPM2_SE type, const TpmHandle& primary) {
  TPMT_SYM_DEF cipher{};
  cipher.algorithm = TPM2_ALG_AES;
  cipher.keyBits.aes = 128;
  cipher.mode.aes = TPM2_ALG_CFB;
  TpmHandle session(esys);
  KAITO_CHECK(tpm_check("starting a session",
                        Esys_StartAuthSession(esys, primary.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                              ESYS_TR_NONE, nullptr, type, &cipher, TPM2_ALG_SHA256, session.put())));
  constexpr TPMA_SESSION kEncrypted = TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT | TPMA_SESSION_CONTINUESESSION;
  KAITO_CHECK(
      tpm_check("encrypting a session", Esys_TRSess_SetAttributes(esys, session.get(), kEncrypted, kEncrypted)));
  return session;
}

Status policy_of_pcrs(ESYS_CONTEXT* esys, const TpmHandle& session, const std::vector<unsigned>& pcrs) {
  TPML_PCR_SELECTION selection{};
  selection.count = 1;
  selection.pcrSelections[0].hash = TPM2_ALG_SHA256;
  selection.pcrSelections[0].sizeofSelect = 3;
  for (const unsigned pcr : pcrs) selection.pcrSelections[0].pcrSelect[pcr / 8] |= static_cast<BYTE>(1U << pcr % 8);
  const TPM2B_DIGEST present{};  // empty: the TPM takes the values that the registers have now
  return tpm_check("naming the registers",
                   Esys_PolicyPCR(esys, session.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &present, &selection));
}

Status policy_of_signer(ESYS_CONTEXT* esys, const TpmHandle& session, const PolicyKey& key,
                        const std::vector<unsigned>& pcrs, const std::string* signatures) {
  KAITO_TRY(const TpmHandle loaded, load_public(esys, key));
  TPM2B_NAME* name = nullptr;
  KAITO_CHECK(tpm_check("naming the signer's key", Esys_TR_GetName(esys, loaded.get(), &name)));
  const EsysOwned<TPM2B_NAME> owned(name);
  KAITO_CHECK(policy_of_pcrs(esys, session, pcrs));
  KAITO_TRY(const Bytes present, policy_digest(esys, session));
  TPMT_TK_VERIFIED ticket{.tag = TPM2_ST_VERIFIED, .hierarchy = TPM2_RH_OWNER, .digest = {}};
  if (signatures) {
    KAITO_TRY(const Bytes signature, key.signature_in(*signatures, pcrs, present));
    KAITO_TRY(ticket, verify(esys, loaded, present, signature));
  }
  TPM2B_DIGEST approved{.size = static_cast<UINT16>(present.size())};
  std::ranges::copy(present, approved.buffer);
  const TPM2B_NONCE no_reference{};
  return tpm_check("allowing what was signed",
                   Esys_PolicyAuthorize(esys, session.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &approved,
                                        &no_reference, name, &ticket));
}

Result<Bytes> policy_digest(ESYS_CONTEXT* esys, const TpmHandle& session) {
  TPM2B_DIGEST* digest = nullptr;
  KAITO_CHECK(tpm_check("asking for the policy",
                        Esys_PolicyGetDigest(esys, session.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &digest)));
  const EsysOwned<TPM2B_DIGEST> owned(digest);
  return Bytes(digest->buffer, digest->buffer + digest->size);
}

}  // namespace kaito::luks
