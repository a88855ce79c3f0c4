#include "appliance/auth/standing.hpp"

#include <algorithm>

#include "appliance/store/store.hpp"

namespace kaito::auth {
namespace {

std::unexpected<Error> ended(std::string_view what) {
  return fail(Code::unauthenticated, fmt::format("{} meanwhile", what));
}

std::unexpected<Error> lost(std::string field, std::string reason) {
  return fail(Error{.code = Code::forbidden, .detail = {}, .field = std::move(field), .reason = std::move(reason)});
}

// Staff and members are behind a session.
Status check_session(store::Reader& reader, const SessionFacts& session) {
  KAITO_TRY(const auto row, reader.session(session.token_hash));
  if (!row) return ended("the session was ended");
  return {};
}

Status check(store::Reader& reader, const StaffPrincipal& staff) {
  KAITO_CHECK(check_session(reader, staff.session));
  KAITO_TRY(const auto row, reader.staff(staff.id));
  if (!row || row->disabled) return ended("the staff member was disabled");
  if (row->role != staff.role) return lost("role", "has changed meanwhile");
  return {};
}

Status check(store::Reader& reader, const MemberPrincipal& member) {
  KAITO_CHECK(check_session(reader, member.session));
  KAITO_TRY(const auto row, reader.member(member.org, member.id));
  if (!row || row->state != store::MemberState::active) return ended("the member was disabled");
  if (row->role < member.role) return lost("role", "was lowered meanwhile");
  if (!member.groups || member.groups->empty()) return {};
  KAITO_TRY(const auto groups, reader.groups_of_member(member.id));
  const bool has_all = std::ranges::all_of(
      *member.groups, [&](const GroupId& group) { return std::ranges::find(groups, group) != groups.end(); });
  if (!has_all) return lost("groups", "have lost one of yours meanwhile");
  return {};
}

// Nothing of a key ever changes.
Status check(store::Reader& reader, const ApiKeyPrincipal& key) {
  KAITO_TRY(const auto row, reader.api_key(key.org, key.id));
  if (!row) return ended("the API key was revoked");
  return {};
}

template <class Caller>
class Standing final : public audit::Condition {
 public:
  explicit Standing(Caller caller) : caller_(std::move(caller)) {}
  Status hold(store::Writer& writer, audit::Event&) override { return check(writer, caller_); }

 private:
  Caller caller_;
};

template <class Caller>
std::shared_ptr<audit::Condition> standing(const Caller& caller) {
  return std::make_shared<Standing<Caller>>(caller);
}

}  // namespace

std::shared_ptr<audit::Condition> standing_of(const Principal& principal) {
  if (const auto* staff = principal.staff()) return standing(*staff);
  if (const auto* member = principal.member()) return standing(*member);
  if (const auto* key = principal.api_key()) return standing(*key);
  return nullptr;
}

}  // namespace kaito::auth
