#include "appliance/auth/staff_registry.hpp"

#include <algorithm>

#include "appliance/auth/username.hpp"

namespace kaito::auth {
namespace {

std::string_view to_text(store::StaffRole role) noexcept {
  switch (role) {
    case store::StaffRole::auditor: return "auditor";
    case store::StaffRole::operator_: return "operator";
    case store::StaffRole::security_officer: return "security_officer";
  }
  return {};
}

Result<store::Staff> existing(store::Reader& reader, const StaffId& id) {
  KAITO_TRY(std::optional<store::Staff> staff, reader.staff(id));
  if (!staff) return fail(Code::not_found, "no such staff member");
  return *std::move(staff);
}

// Security officers who can log in, enabled and with a key, besides `except`.
Result<std::uint32_t> other_officers(store::Reader& reader, const StaffId& except) {
  KAITO_TRY(const std::vector<store::Staff> all, reader.all_staff());
  std::uint32_t count = 0;
  for (const store::Staff& staff : all) {
    if (staff.id == except || staff.disabled || staff.role != store::StaffRole::security_officer) continue;
    KAITO_TRY(const auto keys, reader.credentials_of(staff.id));
    if (!keys.empty()) ++count;
  }
  return count;
}

Status keep_officers(store::Reader& reader, const store::Staff& leaving, std::uint32_t needed) {
  if (leaving.role != store::StaffRole::security_officer || leaving.disabled) return {};
  KAITO_TRY(const std::uint32_t others, other_officers(reader, leaving.id));
  if (others < needed)
    return fail(Error{.code = Code::conflict,
                      .detail = {},
                      .field = "staff",
                      .reason = fmt::format("must stay: {} security officers who can log in are needed", needed)});
  return {};
}

// Withdraws what the staff member has proposed or signed, and names it in the record. At most as many as may be open.
Status withdraw_approvals(store::Writer& writer, audit::Event& record, const StaffId& staff, TimePoint now) {
  store::PageRequest request{.limit = 1000};
  do {
    KAITO_TRY(const auto page, writer.approvals(request));
    for (const store::Approval& approval : page.rows) {
      if (approval.state != store::ApprovalState::open || approval.expires_at <= now) continue;
      KAITO_TRY(const auto signatures, writer.signatures_of(approval.id));
      if (approval.proposer == staff ||
          std::ranges::find(signatures, staff, &store::ApprovalSignature::staff) != signatures.end())
        record.targets.push_back({.kind = "withdrawn_approval", .id = approval.id.str()});
    }
    request.cursor = page.next;
  } while (request.cursor);
  return writer.withdraw_approvals_of(staff, now);
}

struct Invitation {
  store::OneTimeToken row;
  store::Staff staff;

  Status apply(store::Writer& writer, audit::Event&) {
    KAITO_TRY(staff, existing(writer, staff.id));
    if (staff.disabled) return fail(Code::conflict, "a disabled staff member enrols no key");
    KAITO_CHECK(writer.remove_one_time_tokens_of(staff.id.bytes()));
    return writer.insert(row);
  }
};

struct Disabling {
  bool disabled;
  std::uint32_t officers_needed;
  TimePoint now;
  store::Staff staff;

  Status apply(store::Writer& writer, audit::Event& record) {
    KAITO_TRY(staff, existing(writer, staff.id));
    if (disabled) {
      KAITO_CHECK(keep_officers(writer, staff, officers_needed));
      KAITO_CHECK(withdraw_approvals(writer, record, staff.id, now));
      KAITO_CHECK(writer.remove_sessions_of(store::SubjectKind::staff, staff.id.bytes()));
      KAITO_CHECK(writer.remove_one_time_tokens_of(staff.id.bytes()));
    }
    staff.disabled = disabled;
    return writer.update(staff);
  }
};

}  // namespace

StaffRegistry::StaffRegistry(audit::Journal& journal, const Clock& clock, Random& random, std::uint32_t officers_needed)
    : journal_(journal), clock_(clock), random_(random), officers_needed_(officers_needed) {}

Task<Result<Recorded<InvitedStaff>>> StaffRegistry::create(const Permit& permit, std::string name,
                                                           store::StaffRole role) {
  store::Staff staff{.id = StaffId::make(clock_, random_), .role = role, .created_at = clock_.now()};
  KAITO_CO_TRY(staff.name, normalise_username(name, "name"));
  IssuedOneTimeToken issued = issue_one_time_token(store::OneTimePurpose::staff_enrolment, staff.id.bytes(),
                                                   std::nullopt, kEnrolmentLife, clock_, random_);
  audit::Event event = permit.event();
  event.targets.push_back({.kind = "staff", .id = staff.id.str()});
  event.details.push_back({.key = "staff", .value = staff.name});
  event.details.push_back({.key = "role", .value = std::string(to_text(role))});
  KAITO_CO_TRY(audit::Receipt receipt,
               co_await journal_.commit(std::move(event),
                                        [staff, row = issued.row](store::Writer& writer, audit::Event&) -> Status {
                                          KAITO_CHECK(writer.insert(staff));
                                          return writer.insert(row);
                                        }));
  co_return Recorded<InvitedStaff>{.result = InvitedStaff{.staff = std::move(staff), .token = std::move(issued.token)},
                                   .receipt = std::move(receipt)};
}

Task<Result<Recorded<InvitedStaff>>> StaffRegistry::invite(const Permit& permit, StaffId id) {
  IssuedOneTimeToken issued = issue_one_time_token(store::OneTimePurpose::staff_enrolment, id.bytes(), std::nullopt,
                                                   kEnrolmentLife, clock_, random_);
  audit::Event event = permit.event();
  event.targets.push_back({.kind = "staff", .id = id.str()});
  auto invitation = std::make_shared<Invitation>(Invitation{.row = std::move(issued.row), .staff = {.id = id}});
  KAITO_CO_TRY(audit::Receipt receipt, co_await commit_shared(journal_, std::move(event), invitation));
  co_return Recorded<InvitedStaff>{
      .result = InvitedStaff{.staff = std::move(invitation->staff), .token = std::move(issued.token)},
      .receipt = std::move(receipt)};
}

Task<Result<Recorded<store::Staff>>> StaffRegistry::set_disabled(const Permit& permit, StaffId id, bool disabled) {
  audit::Event event = permit.event();
  event.targets.push_back({.kind = "staff", .id = id.str()});
  event.details.push_back({.key = "disabled", .value = disabled ? "true" : "false"});
  auto change = std::make_shared<Disabling>(
      Disabling{.disabled = disabled, .officers_needed = officers_needed_, .now = clock_.now(), .staff = {.id = id}});
  KAITO_CO_TRY(audit::Receipt receipt, co_await commit_shared(journal_, std::move(event), change));
  co_return Recorded<store::Staff>{.result = std::move(change->staff), .receipt = std::move(receipt)};
}

Task<Result<Recorded<void>>> StaffRegistry::remove_credential(const Permit& permit, StaffId id, Bytes credential_id) {
  audit::Event event = permit.event();
  event.targets.push_back({.kind = "staff", .id = id.str()});
  event.targets.push_back({.kind = "credential", .id = to_base64url(credential_id)});
  KAITO_CO_TRY(audit::Receipt receipt,
               co_await journal_.commit(std::move(event),
                                        [id, credential_id, needed = officers_needed_, now = clock_.now()](
                                            store::Writer& writer, audit::Event& record) -> Status {
                                          KAITO_TRY(const store::Staff staff, existing(writer, id));
                                          KAITO_TRY(const auto keys, writer.credentials_of(id));
                                          if (keys.size() == 1 && keys.front().credential_id == credential_id)
                                            KAITO_CHECK(keep_officers(writer, staff, needed));
                                          KAITO_CHECK(withdraw_approvals(writer, record, id, now));
                                          KAITO_CHECK(writer.remove_sessions_of(store::SubjectKind::staff, id.bytes()));
                                          // Whoever had the key may have asked for another one.
                                          KAITO_CHECK(writer.remove_one_time_tokens_of(id.bytes()));
                                          return writer.remove_credential(id, credential_id);
                                        }));
  co_return Recorded<void>{.result = {}, .receipt = std::move(receipt)};
}

}  // namespace kaito::auth
