// Who is calling, as authenticated for this one request. Role and groups are read from the store for each request, so
// that a loss of either takes effect at once.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "appliance/audit/event.hpp"
#include "appliance/auth/scope.hpp"
#include "appliance/store/records.hpp"

namespace kaito::auth {

// The groups whose seeds a caller may see. Absent: all of the org's; empty: none.
using VisibleGroups = std::optional<std::vector<GroupId>>;

struct SessionFacts {
  SessionId id;
  ByteArray<32> token_hash{};
  TimePoint created_at{};
  TimePoint authenticated_at{};  // when factors were last shown
};

struct AnonymousPrincipal {};

struct StaffPrincipal {
  StaffId id;
  std::string name;
  store::StaffRole role = store::StaffRole::auditor;
  SessionFacts session;
};

struct MemberPrincipal {
  MemberId id;
  OrgId org;
  std::string username;
  store::MemberRole role = store::MemberRole::viewer;
  SessionFacts session;
  VisibleGroups groups = std::vector<GroupId>{};  // absent for admins and owners
};

struct ApiKeyPrincipal {
  ApiKeyId id;
  OrgId org;
  std::string name;
  ScopeSet scopes;
  VisibleGroups groups = std::vector<GroupId>{};
};

// A value; thread-safe to read.
class Principal {
 public:
  Principal() = default;  // anonymous
  explicit Principal(StaffPrincipal staff) : value_(std::move(staff)) {}
  explicit Principal(MemberPrincipal member) : value_(std::move(member)) {}
  explicit Principal(ApiKeyPrincipal key) : value_(std::move(key)) {}

  [[nodiscard]] audit::ActorKind kind() const noexcept;  // never `system`
  [[nodiscard]] bool is_anonymous() const noexcept { return std::holds_alternative<AnonymousPrincipal>(value_); }

  // Null when the caller is of another kind.
  [[nodiscard]] const StaffPrincipal* staff() const noexcept { return std::get_if<StaffPrincipal>(&value_); }
  [[nodiscard]] const MemberPrincipal* member() const noexcept { return std::get_if<MemberPrincipal>(&value_); }
  [[nodiscard]] const ApiKeyPrincipal* api_key() const noexcept { return std::get_if<ApiKeyPrincipal>(&value_); }
  // Null for callers without a session.
  [[nodiscard]] const SessionFacts* session() const noexcept;

  // The org the caller belongs to; none for staff and anonymous.
  [[nodiscard]] std::optional<OrgId> org() const noexcept;
  // Staff and anonymous callers see no seed at all: an empty list.
  [[nodiscard]] VisibleGroups visible_groups() const;
  // Nil for anonymous.
  [[nodiscard]] UuidBytes id() const noexcept;
  [[nodiscard]] audit::Actor actor() const;

 private:
  std::variant<AnonymousPrincipal, StaffPrincipal, MemberPrincipal, ApiKeyPrincipal> value_;
};

}  // namespace kaito::auth
