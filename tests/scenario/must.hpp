// Steps of a test that are not what it tests: they give their value, or end the test with what went wrong.
#pragma once

#include <boost/json/value.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "appliance/base/result.hpp"

namespace kaito::test {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().describe());
  return *std::move(result);
}
inline void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().describe());
}

// The string at a JSON pointer (RFC 6901); throws when there is none.
inline std::string text_at(const boost::json::value& value, std::string_view pointer) {
  return std::string(value.at_pointer(pointer).as_string());
}

}  // namespace kaito::test
