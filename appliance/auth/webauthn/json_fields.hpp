// Reading members of a parsed JSON object, with the member's place in every error.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <initializer_list>
#include <string>
#include <string_view>

#include "appliance/base/bytes.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn {

// One JSON object and the path that errors name it by ("response", "user"; empty for the outermost).
class JsonFields {
 public:
  static Result<JsonFields> of(const boost::json::value& value, std::string path);

  // Null when the member is absent or null.
  [[nodiscard]] const boost::json::value* optional(std::string_view name) const noexcept;
  [[nodiscard]] Result<JsonFields> object(std::string_view name) const;
  // A string of at most `limit` bytes.
  [[nodiscard]] Result<std::string> text(std::string_view name, std::size_t limit) const;
  // base64url without padding of 1 to `limit` bytes.
  [[nodiscard]] Result<Bytes> bytes(std::string_view name, std::size_t limit) const;
  [[nodiscard]] Status only(std::initializer_list<std::string_view> names) const;

  [[nodiscard]] std::string path_of(std::string_view name) const;

 private:
  JsonFields(const boost::json::object& object, std::string path) : object_(&object), path_(std::move(path)) {}
  const boost::json::object* object_;
  std::string path_;
};

// An optional list of short strings: `transports`.
Result<std::vector<std::string>> read_transports(const JsonFields& fields);

}  // namespace kaito::webauthn
