// Who may call an endpoint, and when: one value a row of the endpoint table.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "appliance/auth/scope.hpp"
#include "appliance/store/records.hpp"

namespace kaito::api {

enum class ApplianceState : std::uint8_t { unprovisioned, locked, operational, maintenance, failed };
std::string_view to_string(ApplianceState state) noexcept;

class StateSet {
 public:
  constexpr StateSet(std::initializer_list<ApplianceState> states) noexcept {
    for (const auto state : states) bits_ |= bit(state);
  }
  [[nodiscard]] constexpr bool contains(ApplianceState state) const noexcept { return (bits_ & bit(state)) != 0; }
  static constexpr StateSet all() noexcept {
    using enum ApplianceState;
    return {unprovisioned, locked, operational, maintenance, failed};
  }

 private:
  static constexpr std::uint8_t bit(ApplianceState state) noexcept {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(state));
  }
  std::uint8_t bits_ = 0;
};

// Nobody unless named. Staff are listed role by role: no staff role contains another. A member's role contains those
// below it.
struct Access {
  bool anyone = false;       // no credentials asked for; those that come are not looked at
  bool any_session = false;  // any logged-in person, whatever the role
  std::uint8_t staff_roles = 0;
  std::optional<store::MemberRole> member_at_least;
  std::optional<auth::Scope> scope;  // API keys with this scope
  bool fresh = false;                // people must have shown their factors a short while ago

  [[nodiscard]] constexpr bool allows(store::StaffRole role) const noexcept {
    return any_session || (staff_roles & bit(role)) != 0;
  }
  [[nodiscard]] constexpr bool allows(store::MemberRole role) const noexcept {
    return any_session || (member_at_least && role >= *member_at_least);
  }

  static constexpr std::uint8_t bit(store::StaffRole role) noexcept {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(role));
  }
};

// Builders that make the table read as a sentence: staff(operator_).or_members(admin).or_keys(Scope::seeds_read).
class AccessRule {
 public:
  constexpr operator Access() const noexcept { return access_; }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] constexpr AccessRule or_staff(std::initializer_list<store::StaffRole> roles) const noexcept {
    AccessRule rule = *this;
    for (const auto role : roles) rule.access_.staff_roles |= Access::bit(role);
    return rule;
  }
  [[nodiscard]] constexpr AccessRule or_members(store::MemberRole at_least) const noexcept {
    AccessRule rule = *this;
    rule.access_.member_at_least = at_least;
    return rule;
  }
  [[nodiscard]] constexpr AccessRule or_keys(auth::Scope scope) const noexcept {
    AccessRule rule = *this;
    rule.access_.scope = scope;
    return rule;
  }
  [[nodiscard]] constexpr AccessRule freshly() const noexcept {
    AccessRule rule = *this;
    rule.access_.fresh = true;
    return rule;
  }
  [[nodiscard]] static constexpr AccessRule anyone() noexcept {
    AccessRule rule;
    rule.access_.anyone = true;
    return rule;
  }
  [[nodiscard]] static constexpr AccessRule any_session() noexcept {
    AccessRule rule;
    rule.access_.any_session = true;
    return rule;
  }

 private:
  Access access_;
};

constexpr AccessRule anyone() noexcept { return AccessRule::anyone(); }
constexpr AccessRule any_session() noexcept { return AccessRule::any_session(); }
constexpr AccessRule staff(std::initializer_list<store::StaffRole> roles) noexcept {
  return AccessRule{}.or_staff(roles);
}
constexpr AccessRule members(store::MemberRole at_least) noexcept { return AccessRule{}.or_members(at_least); }

}  // namespace kaito::api
