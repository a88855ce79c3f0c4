#include "appliance/vault/seed_parameters.hpp"

namespace kaito::vault {

// Row numbers begin at 1 (docs/formats/seed.md), so that a zeroed row is no valid one.
store::CodeParameters to_row(const otp::Parameters& parameters) noexcept {
  return {.type = static_cast<std::uint8_t>(static_cast<unsigned>(parameters.type) + 1),
          .algorithm = static_cast<std::uint8_t>(static_cast<unsigned>(parameters.algorithm) + 1),
          .digits = parameters.digits,
          .period = parameters.period};
}

Result<otp::Parameters> from_row(const store::CodeParameters& row) {
  if (row.type < 1 || row.type > 3 || row.algorithm < 1 || row.algorithm > 3)
    return fail(Code::integrity, "seed row has an unknown type or algorithm");
  const otp::Parameters parameters{.type = static_cast<otp::Type>(row.type - 1),
                                   .algorithm = static_cast<otp::Algorithm>(row.algorithm - 1),
                                   .digits = row.digits,
                                   .period = row.period};
  if (const auto valid = otp::validate(parameters); !valid)
    return fail(Code::integrity, "seed row has parameters out of bounds: " + valid.error().describe());
  return parameters;
}

}  // namespace kaito::vault
