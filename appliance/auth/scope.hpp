// What an API key may do: a set of `area:verb` scopes, kept as bits in the database.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/result.hpp"

namespace kaito::auth {

// The bits are part of the database format and never change.
enum class Scope : std::uint32_t {
  codes_read = 1U << 0,     // "codes:read"
  seeds_read = 1U << 1,     // "seeds:read"
  seeds_write = 1U << 2,    // "seeds:write"
  members_read = 1U << 3,   // "members:read"
  members_write = 1U << 4,  // "members:write"
  groups_read = 1U << 5,    // "groups:read"
  groups_write = 1U << 6,   // "groups:write"
  audit_read = 1U << 7,     // "audit:read"
  keys_write = 1U << 8,     // "keys:write", API keys
  org_read = 1U << 9,       // "org:read"
};

std::string_view to_string(Scope scope) noexcept;

class ScopeSet {
 public:
  ScopeSet() = default;
  // Names as a client sends them. Empty list, unknown or repeated name: Code::invalid_request, field "scopes".
  static Result<ScopeSet> parse(std::span<const std::string> names);
  // Bits as the database holds them; an unknown bit is Code::integrity.
  static Result<ScopeSet> from_bits(std::uint32_t bits);

  ScopeSet& add(Scope scope) noexcept {
    bits_ |= static_cast<std::uint32_t>(scope);
    return *this;
  }
  [[nodiscard]] bool contains(Scope scope) const noexcept { return (bits_ & static_cast<std::uint32_t>(scope)) != 0; }
  [[nodiscard]] bool contains_all(ScopeSet other) const noexcept { return (other.bits_ & ~bits_) == 0; }
  [[nodiscard]] bool empty() const noexcept { return bits_ == 0; }
  [[nodiscard]] std::uint32_t bits() const noexcept { return bits_; }
  // In the order of the bits.
  [[nodiscard]] std::vector<std::string_view> names() const;
  friend bool operator==(ScopeSet, ScopeSet) = default;

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace kaito::auth
