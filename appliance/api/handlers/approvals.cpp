#include "appliance/api/handlers/approvals.hpp"

#include <boost/json/serialize.hpp>

#include "provisioning/quorum/approval_text.hpp"

namespace kaito::api {
namespace {

using Kind = quorum::ProtectedAction::Kind;
using Proposal = ProposeApproval::Input;

std::string_view state_of(const quorum::SignedApproval& approval) noexcept {
  if (approval.expired) return "expired";
  switch (approval.approval.state) {
    case store::ApprovalState::open: return "open";
    case store::ApprovalState::executed: return "executed";
    case store::ApprovalState::cancelled: return "cancelled";
    case store::ApprovalState::withdrawn: return "withdrawn";
  }
  return "";
}

// Fields of the input that an action takes.
struct Field {
  std::string_view name;
  bool is_there;
  bool is_taken;
};

// Each action takes its own fields, all of them and no others.
Status check_fields(const Proposal& input) {
  const Kind kind = input.action;
  const bool about_staff = kind == Kind::change_staff || kind == Kind::remove_staff_key || kind == Kind::invite_staff;
  for (const Field& field : {Field{"org", input.org.has_value(), kind == Kind::delete_org},
                             Field{"rotation", input.rotation.has_value(), kind == Kind::destroy_keys},
                             Field{"kind", input.kind.has_value(), kind == Kind::rotate_key},
                             Field{"staff", input.staff.has_value(), about_staff},
                             Field{"disabled", input.disabled.has_value(), kind == Kind::change_staff},
                             Field{"credential", input.credential.has_value(), kind == Kind::remove_staff_key},
                             Field{"name", input.name.has_value(), kind == Kind::create_staff},
                             Field{"role", input.role.has_value(), kind == Kind::create_staff}}) {
    if (field.is_taken && !field.is_there) return fail_invalid(std::string(field.name), "is missing");
    if (!field.is_taken && field.is_there) return fail_invalid(std::string(field.name), "is not taken by this action");
  }
  return {};
}

Result<quorum::ProtectedAction> action_of(const Proposal& input) {
  using Action = quorum::ProtectedAction;
  KAITO_CHECK(check_fields(input));
  switch (input.action) {
    case Kind::delete_org: return Action::delete_org(*input.org);
    case Kind::destroy_keys: return Action::destroy_keys(*input.rotation);
    case Kind::rotate_key:
      if (*input.kind == store::KeyKind::org || *input.kind == store::KeyKind::wrapping)
        return fail_invalid("kind", "must be platform, audit or backup");
      return Action::rotate_key(*input.kind);
    case Kind::shred: return Action::shred();
    case Kind::change_staff: return Action::change_staff(*input.staff, *input.disabled);
    case Kind::remove_staff_key: {
      auto credential = from_base64url(input.credential->value);
      if (!credential) return fail_invalid("credential", "must be base64url");
      return Action::remove_staff_key(*input.staff, *std::move(credential));
    }
    case Kind::create_staff: return Action::create_staff(input.name->value, *input.role);
    case Kind::invite_staff: return Action::invite_staff(*input.staff);
  }
  return fail(Code::internal, "an action without a case");
}

ApprovalEvidenceView evidence_view(std::string_view text, const store::ApprovalSignature& signature) {
  return {.staff = signature.staff,
          .name = signature.staff_name,
          .credential_id = to_base64url(signature.credential_id),
          .public_key = to_base64url(signature.cose_key),
          .client_data_json = to_base64url(signature.client_data_json),
          .authenticator_data = to_base64url(signature.authenticator_data),
          .signature = to_base64url(signature.signature),
          .signed_at = signature.signed_at,
          .evidence = quorum::evidence_of(text, signature)};
}

}  // namespace

ApprovalView ApprovalView::of(const quorum::SignedApproval& signed_approval) {
  const auto& row = signed_approval.approval;
  ApprovalView view{.id = row.id,
                    .action = row.action,
                    .state = state_of(signed_approval),
                    .proposer = row.proposer,
                    .proposed_by = signed_approval.proposer_name,
                    .needed = row.needed,
                    .signatures = {},
                    .created_at = row.created_at,
                    .expires_at = row.expires_at,
                    .ended_at = row.ended_at};
  for (const auto& signature : signed_approval.signatures)
    view.signatures.push_back({signature.staff, signature.staff_name, signature.signed_at});
  return view;
}

Task<Result<Done<ProposeApproval::Output>>> ProposeApproval::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto action, action_of(call.input));
  KAITO_CO_TRY(auto proposed, co_await services.approvals.propose(call.permit, std::move(action)));
  co_return done<Output>(std::move(proposed), [](quorum::SignedApproval approval) {
    auto view = ApprovalView::of(approval);
    return Output{std::move(view), std::move(approval.approval.text)};
  });
}

Task<Result<Done<ListApprovals::Output>>> ListApprovals::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto page,
               co_await services.approvals.list(call.permit, page_request(call.input.limit, call.input.cursor)));
  co_return done_listing<ApprovalView>(std::move(page));
}

Task<Result<Done<GetApproval::Output>>> GetApproval::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const ApprovalId id, call.path.id<ApprovalId>("approval"));
  KAITO_CO_TRY(auto found, co_await services.approvals.get(call.permit, id));
  co_return done<Output>(std::move(found), [&services](const quorum::ApprovalToSign& to_sign) {
    const auto& text = to_sign.approval.approval.text;
    Output output{.approval = ApprovalView::of(to_sign.approval),
                  .text = text,
                  .digest = to_hex(quorum::challenge_of(text)),
                  .rp_id = services.approvals.relying_party().rp.id,
                  .evidence = {},
                  .options = {}};
    for (const auto& signature : to_sign.approval.signatures) output.evidence.push_back(evidence_view(text, signature));
    if (to_sign.options) output.options = RawJson{boost::json::serialize(*to_sign.options)};
    return output;
  });
}

Task<Result<Done<ApprovalView>>> SignApproval::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const ApprovalId id, call.path.id<ApprovalId>("approval"));
  KAITO_CO_TRY(auto approved, co_await services.approvals.approve(call.permit, id, call.input.response));
  co_return done<Output>(std::move(approved), ApprovalView::of);
}

Task<Result<Done<ApprovalView>>> CancelApproval::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const ApprovalId id, call.path.id<ApprovalId>("approval"));
  KAITO_CO_TRY(auto cancelled, co_await services.approvals.cancel(call.permit, id));
  co_return done<Output>(std::move(cancelled), ApprovalView::of);
}

}  // namespace kaito::api
