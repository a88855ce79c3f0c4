// Between the numbers in a seed's row and the parameters that make a code.
#pragma once

#include "appliance/otp/parameters.hpp"
#include "appliance/store/records.hpp"

namespace kaito::vault {

store::CodeParameters to_row(const otp::Parameters& parameters) noexcept;

// Code::integrity when the row holds numbers that no format has, or that no seed may have.
Result<otp::Parameters> from_row(const store::CodeParameters& row);

}  // namespace kaito::vault
