// Rows that count what org KEKs were used for.
#pragma once

#include <span>

#include "appliance/store/sqlite/connection.hpp"
#include "appliance/store/store.hpp"

namespace kaito::store::sqlite {

Result<std::vector<KeyUsePeriod>> list_key_use_periods(Connection& connection, TimePoint from);
Result<std::vector<KeyUseCount>> sum_key_uses(Connection& connection, const OrgId& org, TimePoint from);
Status begin_key_use_period(Connection& connection, const KeyUsePeriod& period);
Status add_key_uses(Connection& connection, const KeyUsePeriod& period, std::span<const KeyUseCount> counts);
Status remove_key_uses_before(Connection& connection, TimePoint before);

}  // namespace kaito::store::sqlite
