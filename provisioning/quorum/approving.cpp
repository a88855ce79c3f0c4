// Approvals::approve(): one officer's signature.
#include "appliance/auth/webauthn/response_json.hpp"
#include "appliance/auth/webauthn/verify_assertion.hpp"
#include "provisioning/quorum/approval_text.hpp"
#include "provisioning/quorum/approvals.hpp"
#include "provisioning/quorum/approved_execution.hpp"
#include "provisioning/quorum/officers.hpp"

namespace kaito::quorum {
namespace {

Error not_a_signature() { return Error::invalid("response", "is not a signature of this approval by a key of yours"); }

// L3 §7.2 step 22, once more inside the transaction: of two assertions at once, the later must not turn the counter
// back.
bool counter_grows(std::uint32_t stored, std::uint32_t shown) noexcept {
  return (stored == 0 && shown == 0) || shown > stored;
}

struct Approving {
  const Clock& clock;
  std::uint32_t sign_count;
  store::ApprovalSignature signature;
  std::string text;

  Status apply(store::Writer& writer, audit::Event& record) {
    KAITO_TRY(const auto approval, writer.approval(signature.approval));
    if (!approval) return fail(Code::not_found, "no such approval");
    KAITO_CHECK(check_open(*approval, clock.now()));
    if (approval->text != text) return fail(Code::integrity, "the text of an approval changed");
    KAITO_TRY(const bool officer, can_sign(writer, signature.staff));
    KAITO_TRY(const auto credential, writer.credential(signature.credential_id));
    if (!officer || !credential || credential->staff != signature.staff || credential->cose_key != signature.cose_key)
      return fail(not_a_signature());
    KAITO_TRY(const auto before, writer.signatures_of(signature.approval));
    for (const auto& one : before)
      if (one.staff == signature.staff)
        return fail(
            Error{.code = Code::conflict, .detail = {}, .field = "approval", .reason = "has your signature already"});
    if (!counter_grows(credential->sign_count, sign_count)) return fail(not_a_signature());
    KAITO_CHECK(writer.update_sign_count(signature.credential_id, sign_count));
    record.details.push_back(
        {.key = "signatures", .value = fmt::format("{} of {}", before.size() + 1, approval->needed)});
    return writer.insert(signature);
  }
};

}  // namespace

Task<Result<auth::Recorded<SignedApproval>>> Approvals::approve(const auth::Permit& permit, ApprovalId id,
                                                                const boost::json::value& response) {
  KAITO_CO_TRY(const webauthn::AssertionResponse parsed, webauthn::parse_assertion_response(response));
  const auto* officer = permit.principal().staff();
  if (officer == nullptr) co_return fail(Code::forbidden, "approvals are for staff");
  audit::Event event = permit.event();
  event.targets.push_back({.kind = "approval", .id = id.str()});

  store::Approval approval;
  std::optional<store::StaffCredential> credential;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(const auto loaded, load(*snapshot, id));
    approval = loaded.approval;
    KAITO_CO_TRY(credential, snapshot->credential(parsed.id));
  }
  KAITO_CO_CHECK(check_open(approval, clock_.now()));
  if (!credential || credential->staff != officer->id)
    co_return co_await auth::refuse_recorded<SignedApproval>(journal_, std::move(event), not_a_signature(),
                                                             "credential");
  const UuidBytes& user = officer->id.bytes();
  webauthn::Policy policy = party_.policy;
  policy.uv = webauthn::UserVerification::required;
  const auto asserted = webauthn::verify_assertion(party_.rp, policy, challenge_of(approval.text), parsed,
                                                   {.id = credential->credential_id,
                                                    .cose_key = credential->cose_key,
                                                    .sign_count = credential->sign_count,
                                                    .backup_eligible = credential->backup_eligible,
                                                    .user_handle = Bytes(user.begin(), user.end())});
  if (!asserted) {
    const auto reason = webauthn::reason_of(asserted.error());
    co_return co_await auth::refuse_recorded<SignedApproval>(journal_, std::move(event), not_a_signature(),
                                                             reason ? webauthn::to_string(*reason) : "response");
  }

  auto change = std::make_shared<Approving>(Approving{.clock = clock_,
                                                      .sign_count = asserted->sign_count,
                                                      .signature = {.approval = id,
                                                                    .staff = officer->id,
                                                                    .staff_name = officer->name,
                                                                    .credential_id = credential->credential_id,
                                                                    .cose_key = credential->cose_key,
                                                                    .client_data_json = parsed.client_data_json,
                                                                    .authenticator_data = parsed.authenticator_data,
                                                                    .signature = parsed.signature,
                                                                    .signed_at = clock_.now()},
                                                      .text = approval.text});
  event.details.push_back({.key = "digest", .value = to_hex(challenge_of(approval.text))});
  event.details.push_back({.key = "evidence", .value = evidence_of(approval.text, change->signature)});
  KAITO_CO_TRY(audit::Receipt receipt, co_await auth::commit_shared(journal_, std::move(event), change));
  KAITO_CO_TRY(const auto snapshot, store_.snapshot());
  KAITO_CO_TRY(auto after, load(*snapshot, id));
  co_return auth::Recorded<SignedApproval>{std::move(after), std::move(receipt)};
}

}  // namespace kaito::quorum
