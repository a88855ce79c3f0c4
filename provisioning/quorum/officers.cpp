#include "provisioning/quorum/officers.hpp"

#include <algorithm>

namespace kaito::quorum {
namespace {

Result<bool> signs(store::Reader& reader, const store::Staff& staff) {
  if (staff.disabled || staff.role != store::StaffRole::security_officer) return false;
  KAITO_TRY(const auto keys, reader.credentials_of(staff.id));
  return !keys.empty();
}

}  // namespace

Result<bool> can_sign(store::Reader& reader, const StaffId& id) {
  KAITO_TRY(const auto staff, reader.staff(id));
  if (!staff) return false;
  return signs(reader, *staff);
}

Result<std::uint32_t> officers_who_can_sign(store::Reader& reader) {
  KAITO_TRY(const auto everybody, reader.all_staff());
  std::uint32_t count = 0;
  for (const auto& staff : everybody) {
    KAITO_TRY(const bool one, signs(reader, staff));
    if (one) ++count;
  }
  return count;
}

Result<std::uint32_t> officers_needed(store::Reader& reader, const Description& description, std::uint32_t configured) {
  if (!description.is_protected || configured <= 1) return 1U;
  if (!description.builds_the_quorum) return configured;
  KAITO_TRY(const std::uint32_t there, officers_who_can_sign(reader));
  return std::clamp(there, 1U, configured);
}

}  // namespace kaito::quorum
