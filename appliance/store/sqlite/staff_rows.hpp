// Rows of staff and staff_credential.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "appliance/store/records.hpp"
#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

Result<std::optional<Staff>> find_staff(Connection& connection, const StaffId& id);
Result<std::optional<Staff>> find_staff_by_name(Connection& connection, std::string_view name);
Result<std::vector<Staff>> list_staff(Connection& connection);
Status insert_staff(Connection& connection, const Staff& staff);
Status update_staff(Connection& connection, const Staff& staff);

Result<std::optional<StaffCredential>> find_credential(Connection& connection, ByteView credential_id);
Result<std::vector<StaffCredential>> credentials_of(Connection& connection, const StaffId& id);
Status insert_credential(Connection& connection, const StaffCredential& credential);
Status update_sign_count(Connection& connection, ByteView credential_id, std::uint32_t sign_count);
Status remove_credential(Connection& connection, const StaffId& staff, ByteView credential_id);

}  // namespace kaito::store::sqlite
