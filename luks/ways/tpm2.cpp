#include "luks/ways/tpm2.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_tctildr.h>

#include <algorithm>

#include "luks/ways/random_words.hpp"
#include "luks/ways/tpm2_session.hpp"

namespace kaito::luks {
namespace {

constexpr std::uint32_t kMaxTries = 31;
constexpr std::uint32_t kForgetSeconds = 600;
constexpr std::uint32_t kLockoutRecoverySeconds = 86400;
constexpr std::size_t kMaxBlobBytes = 2048;

// TPM2B_PRIVATE, then TPM2B_PUBLIC, as systemd stores them.
Result<Bytes> to_blob(const TPM2B_PRIVATE& private_part, const TPM2B_PUBLIC& public_part) {
  Bytes blob(kMaxBlobBytes);
  std::size_t used = 0;
  KAITO_CHECK(tpm_check("storing the sealed object",
                        Tss2_MU_TPM2B_PRIVATE_Marshal(&private_part, blob.data(), blob.size(), &used)));
  KAITO_CHECK(tpm_check("storing the sealed object",
                        Tss2_MU_TPM2B_PUBLIC_Marshal(&public_part, blob.data(), blob.size(), &used)));
  blob.resize(used);
  return blob;
}

Result<TpmHandle> load(ESYS_CONTEXT* esys, const TpmHandle& primary, const Bytes& blob) {
  TPM2B_PRIVATE private_part{};
  TPM2B_PUBLIC public_part{};
  std::size_t used = 0;
  if (Tss2_MU_TPM2B_PRIVATE_Unmarshal(blob.data(), blob.size(), &used, &private_part) != TSS2_RC_SUCCESS ||
      Tss2_MU_TPM2B_PUBLIC_Unmarshal(blob.data(), blob.size(), &used, &public_part) != TSS2_RC_SUCCESS ||
      used != blob.size())
    return fail(Code::integrity, "the token's TPM blob is malformed");
  TpmHandle object(esys);
  KAITO_CHECK(tpm_check("loading what another TPM sealed, or this one before it was cleared",
                        Esys_Load(esys, primary.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &private_part,
                                  &public_part, object.put())));
  return object;
}

Result<std::uint32_t> property(ESYS_CONTEXT* esys, TPM2_PT which) {
  TPMS_CAPABILITY_DATA* data = nullptr;
  KAITO_CHECK(
      tpm_check("asking for a property", Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                                            TPM2_CAP_TPM_PROPERTIES, which, 1, nullptr, &data)));
  const EsysOwned<TPMS_CAPABILITY_DATA> owned(data);
  const auto& list = data->data.tpmProperties;
  if (list.count != 1 || list.tpmProperty[0].property != which)
    return fail(Code::storage_failed, fmt::format("TPM: has no property {:#x}", which));
  return list.tpmProperty[0].value;
}

// Sorts them; there may be none when a signer's key stands in.
Status check_pcrs(std::vector<unsigned>& pcrs, bool with_signer) {
  std::ranges::sort(pcrs);
  if (pcrs.empty() && with_signer) return {};
  if (pcrs.empty() || pcrs.back() > 23 || std::ranges::adjacent_find(pcrs) != pcrs.end())
    return fail_invalid("pcrs", "must be registers from 0 to 23, each once");
  if (with_signer && std::ranges::binary_search(pcrs, kImagePcr))
    return fail_invalid("pcrs", "holds the register whose values are signed");
  return {};
}

// All that the record asks for, in systemd's order. `signatures` null: for a trial session, which proves nothing.
Status follow_policy(ESYS_CONTEXT* esys, const TpmHandle& session, const Tpm2Record& record,
                     const std::string* signatures) {
  if (!record.signed_by.empty()) {
    KAITO_TRY(const PolicyKey key, PolicyKey::parse(record.signed_by));
    KAITO_CHECK(policy_of_signer(esys, session, key, record.signed_pcrs, signatures));
  }
  if (!record.pcrs.empty()) KAITO_CHECK(policy_of_pcrs(esys, session, record.pcrs));
  return {};
}

}  // namespace

Tpm2::Tpm2(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Tpm2::Tpm2(Tpm2&&) noexcept = default;
Tpm2& Tpm2::operator=(Tpm2&&) noexcept = default;
Tpm2::~Tpm2() = default;

Result<Tpm2> Tpm2::connect(const std::string& tcti) {
  auto connection = std::make_unique<Connection>();
  if (Tss2_TctiLdr_Initialize(tcti.c_str(), &connection->tcti) != TSS2_RC_SUCCESS ||
      Esys_Initialize(&connection->esys, connection->tcti, nullptr) != TSS2_RC_SUCCESS)
    return fail(Code::not_found, "no TPM answers at " + tcti);
  // A TPM that the firmware has started says so; one in software may wait for it.
  const TSS2_RC started = Esys_Startup(connection->esys, TPM2_SU_CLEAR);
  if (started != TSS2_RC_SUCCESS && started != TPM2_RC_INITIALIZE) KAITO_CHECK(tpm_check("starting", started));
  return Tpm2(std::move(connection));
}

Result<Tpm2::Sealed> Tpm2::seal(std::vector<unsigned> pcrs, Random& random, const std::optional<BootPolicy>& policy) {
  KAITO_CHECK(check_pcrs(pcrs, policy.has_value()));
  ESYS_CONTEXT* const esys = connection_->esys;
  KAITO_TRY(const TpmHandle primary, make_primary(esys));
  Sealed sealed{.record = {.pcrs = std::move(pcrs)}};
  if (policy) {
    KAITO_CHECK(PolicyKey::parse(policy->public_key));
    sealed.record.signed_by = policy->public_key;
    sealed.record.signed_pcrs = {kImagePcr};
  }
  {
    KAITO_TRY(const TpmHandle trial, start_session(esys, TPM2_SE_TRIAL, primary));
    KAITO_CHECK(follow_policy(esys, trial, sealed.record, nullptr));
    KAITO_TRY(sealed.record.policy_hash, policy_digest(esys, trial));
  }
  const auto bytes = WayBytes::random(kWayBytes, random);
  TPM2B_PUBLIC object{};
  object.publicArea.type = TPM2_ALG_KEYEDHASH;
  object.publicArea.nameAlg = TPM2_ALG_SHA256;
  // No dictionary attack can find 256 bits; with NODA the object itself never raises the TPM's counter.
  object.publicArea.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_NODA;
  object.publicArea.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
  object.publicArea.authPolicy.size = static_cast<UINT16>(sealed.record.policy_hash.size());
  std::ranges::copy(sealed.record.policy_hash, object.publicArea.authPolicy.buffer);
  TPM2B_SENSITIVE_CREATE sensitive{};
  sensitive.sensitive.data.size = kWayBytes;
  std::ranges::copy(bytes.expose_secret(), sensitive.sensitive.data.buffer);
  KAITO_TRY(const TpmHandle session, start_session(esys, TPM2_SE_HMAC, primary));
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION creation{};
  TPM2B_PRIVATE* private_part = nullptr;
  TPM2B_PUBLIC* public_part = nullptr;
  const TSS2_RC created =
      Esys_Create(esys, primary.get(), ESYS_TR_PASSWORD, session.get(), ESYS_TR_NONE, &sensitive, &object, &outside,
                  &creation, &private_part, &public_part, nullptr, nullptr, nullptr);
  sodium_memzero(&sensitive, sizeof sensitive);
  const EsysOwned<TPM2B_PRIVATE> owned_private(private_part);
  const EsysOwned<TPM2B_PUBLIC> owned_public(public_part);
  KAITO_CHECK(tpm_check("sealing", created));
  KAITO_TRY(sealed.record.blob, to_blob(*private_part, *public_part));
  sealed.secret = way_passphrase(bytes);
  return sealed;
}

Result<Passphrase> Tpm2::unseal(const Tpm2Record& record, const std::string& signatures) {
  if (record.pin) return fail(Code::wrong_state, "the token asks for a PIN; systemd-cryptsetup opens it");
  ESYS_CONTEXT* const esys = connection_->esys;
  KAITO_TRY(const TpmHandle primary, make_primary(esys));
  KAITO_TRY(const TpmHandle object, load(esys, primary, record.blob));
  KAITO_TRY(const TpmHandle session, start_session(esys, TPM2_SE_POLICY, primary));
  KAITO_CHECK(follow_policy(esys, session, record, &signatures));
  KAITO_TRY(const Bytes policy, policy_digest(esys, session));
  if (policy != record.policy_hash)
    return fail(Code::unauthenticated, "TPM: the registers have other values than when the secret was sealed");
  TPM2B_SENSITIVE_DATA* data = nullptr;
  const TSS2_RC unsealed = Esys_Unseal(esys, object.get(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, &data);
  const EsysOwned<TPM2B_SENSITIVE_DATA> owned(data);
  KAITO_CHECK(tpm_check("unsealing", unsealed));
  const auto bytes = WayBytes::copy_of(ByteView(data->buffer, data->size));
  sodium_memzero(data, sizeof *data);
  // The way is open already: a TPM that somebody else owns keeps its counter, and lockout() tells.
  if (const auto state = lockout(); state && !state->owned)
    static_cast<void>(
        Esys_DictionaryAttackLockReset(esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE));
  return way_passphrase(bytes);
}

Result<Tpm2Lockout> Tpm2::lockout() {
  ESYS_CONTEXT* const esys = connection_->esys;
  Tpm2Lockout state;
  KAITO_TRY(state.failures, property(esys, TPM2_PT_LOCKOUT_COUNTER));
  KAITO_TRY(state.limit, property(esys, TPM2_PT_MAX_AUTH_FAIL));
  KAITO_TRY(const std::uint32_t permanent, property(esys, TPM2_PT_PERMANENT));
  state.locked = (permanent & TPMA_PERMANENT_INLOCKOUT) != 0;
  state.owned = (permanent & TPMA_PERMANENT_LOCKOUTAUTHSET) != 0;
  return state;
}

Status Tpm2::allow_for_power_cuts() {
  KAITO_TRY(const Tpm2Lockout state, lockout());
  // Asking with a wrong password would lock the hierarchy itself for a day.
  if (state.owned) return fail(Code::forbidden, "TPM: the lock-out hierarchy has a password");
  return tpm_check(
      "setting the lock-out's limits",
      Esys_DictionaryAttackParameters(connection_->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                      ESYS_TR_NONE, kMaxTries, kForgetSeconds, kLockoutRecoverySeconds));
}

}  // namespace kaito::luks
