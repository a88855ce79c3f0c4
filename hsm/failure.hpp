// What a call into a token gives when it fails: the error, and what may be done about it.
#pragma once

#include <expected>

#include "appliance/base/result.hpp"
#include "hsm/return_value.hpp"

namespace kaito::hsm {

struct Failure {
  Error error;
  ReturnClass kind = ReturnClass::fatal;

  Failure(Error what, ReturnClass how) : error(std::move(what)), kind(how) {}
  // An error that no token reported: trying again would not change it.
  Failure(Error what) : error(std::move(what)) {}
  Failure(std::unexpected<Error> what) : error(std::move(what).error()) {}
};

template <class T>
using TokenResult = std::expected<T, Failure>;
using TokenOutcome = TokenResult<void>;

// Of data that was altered, or is bound to another place.
inline Failure refused_data(std::string detail) {
  return Failure({.code = Code::integrity, .detail = std::move(detail)}, ReturnClass::data_error);
}

}  // namespace kaito::hsm

namespace kaito {
// So that KAITO_TRY and KAITO_CHECK serve functions that return a TokenResult.
inline std::unexpected<hsm::Failure> fail(hsm::Failure failure) {
  return std::unexpected<hsm::Failure>(std::move(failure));
}
}  // namespace kaito
