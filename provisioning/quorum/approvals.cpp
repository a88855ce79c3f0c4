#include "provisioning/quorum/approvals.hpp"

#include "appliance/auth/webauthn/options_json.hpp"
#include "provisioning/quorum/approval_text.hpp"
#include "provisioning/quorum/approved_execution.hpp"
#include "provisioning/quorum/officers.hpp"

namespace kaito::quorum {
namespace {

using store::ApprovalState;

audit::Target approval_target(const ApprovalId& id) { return {.kind = "approval", .id = id.str()}; }

Result<auth::StaffPrincipal> officer_of(const auth::Permit& permit) {
  const auto* staff = permit.principal().staff();
  if (staff == nullptr) return fail(Code::forbidden, "approvals are for staff");
  return *staff;
}

// The name on the line "proposed-by: ID "name"".
std::string proposer_name_of(std::string_view text) {
  constexpr std::string_view kLine = "\nproposed-by: ";
  constexpr std::size_t kUuid = 36;
  const auto at = text.find(kLine);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + kLine.size());
  text = text.substr(0, text.find('\n'));
  // Names of staff are of [a-z0-9._@+-] (auth/username.hpp): nothing in them is escaped.
  return text.size() < kUuid + 3 ? std::string() : std::string(text.substr(kUuid + 2, text.size() - kUuid - 3));
}

struct Cancelling {
  ApprovalId id;
  TimePoint now;

  Status apply(store::Writer& writer, audit::Event&) {
    KAITO_TRY(const auto row, writer.approval(id));
    if (!row) return fail(Code::not_found, "no such approval");
    if (row->state != ApprovalState::open) return fail(has_ended());
    return writer.end_approval(id, ApprovalState::cancelled, now);
  }
};

}  // namespace

Result<SignedApproval> Approvals::load(store::Reader& reader, const ApprovalId& id) const {
  KAITO_TRY(auto row, reader.approval(id));
  if (!row) return fail(Code::not_found, "no such approval");
  SignedApproval loaded{.approval = *std::move(row), .proposer_name = {}, .signatures = {}, .expired = false};
  KAITO_TRY(loaded.signatures, reader.signatures_of(id));
  loaded.proposer_name = proposer_name_of(loaded.approval.text);
  loaded.expired = loaded.approval.state == ApprovalState::open && loaded.approval.expires_at <= clock_.now();
  return loaded;
}

Task<Result<auth::Recorded<SignedApproval>>> Approvals::propose(const auth::Permit& permit, ProtectedAction action) {
  KAITO_CO_TRY(const auto officer, officer_of(permit));
  const TimePoint now = clock_.now();
  ApprovalHead head{.appliance = journal_.origin(),
                    .id = ApprovalId::make(clock_, random_),
                    .nonce = {},
                    .proposer = officer.id,
                    .proposer_name = officer.name,
                    .proposed_at = now,
                    .expires_at = now + kApprovalLife,
                    .needed = 1};
  random_.fill(head.nonce);
  SignedApproval proposed;
  proposed.proposer_name = officer.name;
  auto change = [&](store::Writer& writer, audit::Event& event) -> Status {
    KAITO_TRY(const std::uint64_t open, writer.open_approval_count(now));
    if (open >= kMaxOpenApprovals)
      return fail(Error{.code = Code::conflict,
                        .detail = {},
                        .field = "approvals",
                        .reason = fmt::format("are open in the number of {} already: cancel some", open)});
    KAITO_TRY(const Description description, describe(writer, action));
    KAITO_TRY(head.needed, officers_needed(writer, description, needed_));
    proposed.approval = {.id = head.id,
                         .action = std::string(to_string(action.kind)),
                         .proposer = officer.id,
                         .needed = head.needed,
                         .text = approval_text(head, description.lines),
                         .created_at = now,
                         .expires_at = head.expires_at};
    event.targets.push_back(approval_target(head.id));
    event.details.push_back({.key = "proposed", .value = proposed.approval.action});
    event.details.push_back({.key = "digest", .value = to_hex(challenge_of(proposed.approval.text))});
    return writer.insert(proposed.approval);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(permit.event(), std::move(change)));
  co_return auth::Recorded<SignedApproval>{std::move(proposed), std::move(receipt)};
}

Task<Result<auth::Recorded<store::Page<SignedApproval>>>> Approvals::list(const auth::Permit& permit,
                                                                          store::PageRequest page) {
  store::Page<SignedApproval> listed;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(auto rows, snapshot->approvals(page));
    for (const auto& row : rows.rows) {
      KAITO_CO_TRY(auto loaded, load(*snapshot, row.id));
      listed.rows.push_back(std::move(loaded));
    }
    listed.next = std::move(rows.next);
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(permit.event()));
  co_return auth::Recorded<store::Page<SignedApproval>>{std::move(listed), std::move(receipt)};
}

Task<Result<auth::Recorded<ApprovalToSign>>> Approvals::get(const auth::Permit& permit, ApprovalId id) {
  KAITO_CO_TRY(const auto caller, officer_of(permit));
  ApprovalToSign found;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(found.approval, load(*snapshot, id));
    const auto& [approval, name, signatures, expired] = found.approval;
    KAITO_CO_TRY(const auto keys, snapshot->credentials_of(caller.id));
    const bool has_signed = std::ranges::any_of(
        signatures, [&caller](const store::ApprovalSignature& signature) { return signature.staff == caller.id; });
    if (approval.state == ApprovalState::open && !expired && !has_signed && !keys.empty() &&
        caller.role == store::StaffRole::security_officer) {
      webauthn::RequestOptions options{.rp_id = party_.rp.id, .challenge = challenge_of(approval.text)};
      for (const auto& key : keys) options.allow.push_back({.id = key.credential_id});
      found.options = webauthn::request_options_json(options);
    }
  }
  audit::Event event = permit.event();
  event.targets.push_back(approval_target(id));
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(std::move(event)));
  co_return auth::Recorded<ApprovalToSign>{std::move(found), std::move(receipt)};
}

Task<Result<auth::Recorded<SignedApproval>>> Approvals::cancel(const auth::Permit& permit, ApprovalId id) {
  audit::Event event = permit.event();
  event.targets.push_back(approval_target(id));
  auto change = std::make_shared<Cancelling>(Cancelling{.id = id, .now = clock_.now()});
  KAITO_CO_TRY(audit::Receipt receipt, co_await auth::commit_shared(journal_, std::move(event), change));
  KAITO_CO_TRY(const auto snapshot, store_.snapshot());
  KAITO_CO_TRY(auto after, load(*snapshot, id));
  co_return auth::Recorded<SignedApproval>{std::move(after), std::move(receipt)};
}

Result<std::shared_ptr<audit::Condition>> Approvals::admit(const auth::Permit& permit, const ProtectedAction& action,
                                                           const std::optional<ApprovalId>& id) {
  KAITO_TRY(const auto snapshot, store_.snapshot());
  if (!id) {
    if (needed_ <= 1) return nullptr;
    // What cannot be described now is not let through either: it may be there a moment later.
    KAITO_TRY(const Description described, describe(*snapshot, action));
    KAITO_TRY(const std::uint32_t needed, officers_needed(*snapshot, described, needed_));
    if (needed <= 1) return nullptr;
    return fail(
        Error{.code = Code::approval_required,
              .detail = {},
              .field = "approval",
              .reason = fmt::format("is needed of {} security officers: propose it below /v1/approvals", needed)});
  }
  KAITO_TRY(const auto officer, officer_of(permit));
  KAITO_TRY(auto loaded, load(*snapshot, *id));
  for (const auto& signature : loaded.signatures) {
    if (auto good = verify_signature(party_.rp, loaded.approval.text, signature); !good)
      return fail(Code::integrity, "approval " + id->str() + ": " + good.error().describe());
  }
  auto execution =
      std::make_shared<ApprovedExecution>(ApprovedExecution::Facts{.id = *id,
                                                                   .executor = officer.id,
                                                                   .action = action,
                                                                   .configured = needed_,
                                                                   .verified = std::move(loaded.signatures)},
                                          clock_);
  // Once now, for an early and clear refusal, and once more in the transaction.
  KAITO_CHECK(execution->check(*snapshot));
  return execution;
}

}  // namespace kaito::quorum
