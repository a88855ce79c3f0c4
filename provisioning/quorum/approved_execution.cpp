#include "provisioning/quorum/approved_execution.hpp"

#include <algorithm>

#include "provisioning/quorum/approval_text.hpp"
#include "provisioning/quorum/officers.hpp"

namespace kaito::quorum {
namespace {

Error conflict(std::string reason) {
  return {.code = Code::conflict, .detail = {}, .field = "approval", .reason = std::move(reason)};
}

}  // namespace

Error has_ended() { return conflict("has ended: it was executed, cancelled or withdrawn"); }

Status check_open(const store::Approval& approval, TimePoint now) {
  if (approval.state != store::ApprovalState::open) return fail(has_ended());
  if (approval.expires_at <= now) return fail(conflict("has expired"));
  return {};
}

// The names of those whose signature counts: verified before, still kept as it was, of an officer who can still sign.
Result<std::vector<std::string>> ApprovedExecution::signers(store::Reader& reader) const {
  KAITO_TRY(const auto kept, reader.signatures_of(facts_.id));
  std::vector<std::string> names;
  for (const auto& signature : kept) {
    if (std::ranges::find(facts_.verified, signature) == facts_.verified.end()) continue;
    KAITO_TRY(const bool counts, can_sign(reader, signature.staff));
    if (counts) names.push_back(signature.staff_name);
  }
  return names;
}

Status ApprovedExecution::check(store::Reader& reader) const {
  KAITO_TRY(const auto approval, reader.approval(facts_.id));
  if (!approval) return fail(Code::not_found, "no such approval");
  KAITO_CHECK(check_open(*approval, clock_.now()));
  if (approval->proposer != facts_.executor)
    return fail(conflict("was proposed by another officer, who carries it out"));
  KAITO_TRY(const Description now, describe(reader, facts_.action));
  if (action_lines_of(approval->text) != now.lines)
    return fail(conflict("is for another action, or its target has changed since it was proposed"));
  KAITO_TRY(const std::uint32_t needed, officers_needed(reader, now, facts_.configured));
  KAITO_TRY(const auto names, signers(reader));
  if (names.size() < std::max(needed, approval->needed))
    return fail(conflict(fmt::format("has {} of {} signatures", names.size(), std::max(needed, approval->needed))));
  return {};
}

Status ApprovedExecution::hold(store::Writer& writer, audit::Event& record) {
  KAITO_CHECK(check(writer));
  KAITO_TRY(const auto names, signers(writer));
  record.targets.push_back({.kind = "approval", .id = facts_.id.str()});
  record.details.push_back({.key = "approved_by", .value = fmt::format("{}", fmt::join(names, ", "))});
  return writer.end_approval(facts_.id, store::ApprovalState::executed, clock_.now());
}

}  // namespace kaito::quorum
