#include "appliance/auth/scope.hpp"

#include <fmt/format.h>

#include <array>

namespace kaito::auth {
namespace {

struct ScopeName {
  Scope scope;
  std::string_view name;
};

constexpr std::array kNames{
    ScopeName{Scope::codes_read, "codes:read"},       ScopeName{Scope::seeds_read, "seeds:read"},
    ScopeName{Scope::seeds_write, "seeds:write"},     ScopeName{Scope::members_read, "members:read"},
    ScopeName{Scope::members_write, "members:write"}, ScopeName{Scope::groups_read, "groups:read"},
    ScopeName{Scope::groups_write, "groups:write"},   ScopeName{Scope::audit_read, "audit:read"},
    ScopeName{Scope::keys_write, "keys:write"},       ScopeName{Scope::org_read, "org:read"},
};
constexpr std::uint32_t kKnownBits = (1U << kNames.size()) - 1;

const ScopeName* find(std::string_view name) noexcept {
  const auto* found = std::ranges::find(kNames, name, &ScopeName::name);
  return found == kNames.end() ? nullptr : found;
}

}  // namespace

std::string_view to_string(Scope scope) noexcept {
  const auto* found = std::ranges::find(kNames, scope, &ScopeName::scope);
  return found == kNames.end() ? std::string_view{} : found->name;
}

Result<ScopeSet> ScopeSet::parse(std::span<const std::string> names) {
  if (names.empty()) return fail_invalid("scopes", "must name at least one scope");
  ScopeSet set;
  for (const std::string& name : names) {
    const ScopeName* known = find(name);
    if (!known) return fail_invalid("scopes", "holds an unknown scope");
    if (set.contains(known->scope)) return fail_invalid("scopes", fmt::format("names {} twice", known->name));
    set.add(known->scope);
  }
  return set;
}

Result<ScopeSet> ScopeSet::from_bits(std::uint32_t bits) {
  if ((bits & ~kKnownBits) != 0) return fail(Code::integrity, fmt::format("unknown scope bits {:#x}", bits));
  ScopeSet set;
  set.bits_ = bits;
  return set;
}

std::vector<std::string_view> ScopeSet::names() const {
  std::vector<std::string_view> result;
  for (const ScopeName& known : kNames)
    if (contains(known.scope)) result.push_back(known.name);
  return result;
}

}  // namespace kaito::auth
