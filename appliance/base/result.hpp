// Result<T>: what a call that can fail in use returns. Exceptions stay inside the library that throws them.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "appliance/base/error.hpp"

namespace kaito {

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }
inline std::unexpected<Error> fail(Code code, std::string detail) {
  return std::unexpected<Error>(Error{.code = code, .detail = std::move(detail)});
}
inline std::unexpected<Error> fail_invalid(std::string field, std::string reason) {
  return std::unexpected<Error>(Error::invalid(std::move(field), std::move(reason)));
}

}  // namespace kaito

#define KAITO_CONCAT_(a, b) a##b
#define KAITO_CONCAT(a, b) KAITO_CONCAT_(a, b)

// KAITO_TRY(auto x, expression): binds the value, or returns the error to the caller.
#define KAITO_TRY_(name, declaration, expression)  \
  auto name = (expression);                        \
  if (!name) [[unlikely]]                          \
    return ::kaito::fail(std::move(name).error()); \
  declaration = *std::move(name)
#define KAITO_TRY(declaration, expression) KAITO_TRY_(KAITO_CONCAT(kaito_try_, __COUNTER__), declaration, expression)

// The same for a Status.
#define KAITO_CHECK(expression)                                       \
  do {                                                                \
    if (auto kaito_status = (expression); !kaito_status) [[unlikely]] \
      return ::kaito::fail(std::move(kaito_status).error());          \
  } while (false)

// The same two inside a coroutine that returns Task<Result<…>>.
#define KAITO_CO_TRY_(name, declaration, expression)  \
  auto name = (expression);                           \
  if (!name) [[unlikely]]                             \
    co_return ::kaito::fail(std::move(name).error()); \
  declaration = *std::move(name)
#define KAITO_CO_TRY(declaration, expression) \
  KAITO_CO_TRY_(KAITO_CONCAT(kaito_try_, __COUNTER__), declaration, expression)
#define KAITO_CO_CHECK(expression)                                    \
  do {                                                                \
    if (auto kaito_status = (expression); !kaito_status) [[unlikely]] \
      co_return ::kaito::fail(std::move(kaito_status).error());       \
  } while (false)
