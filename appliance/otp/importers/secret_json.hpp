// JSON text (RFC 8259) that holds secrets, read into memory that is wiped when the tree goes.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "appliance/base/result.hpp"

namespace kaito::otp {

// Limits: depth 32, 1,000,000 values, strict UTF-8, no comments, no trailing commas, nothing after the end. A member
// that appears twice in one object is refused: one of the two would be lost. Errors name `content` and the byte, not
// the text.
Result<boost::json::value> parse_secret_json(std::string_view text);

// Reads members of one object. Absent and null are the same: programs differ in which they write.
class JsonFields {
 public:
  explicit JsonFields(const boost::json::object& object) noexcept : object_(object) {}

  // Empty when absent; fails naming the member when it is not a string.
  [[nodiscard]] Result<std::string_view> text(std::string_view name) const;
  // Fails naming the member when it is not a whole number from 0 to 2^64 - 1.
  [[nodiscard]] Result<std::optional<std::uint64_t>> number(std::string_view name) const;
  // nullptr when absent or of another kind.
  [[nodiscard]] const boost::json::object* object(std::string_view name) const noexcept;
  [[nodiscard]] const boost::json::array* array(std::string_view name) const noexcept;
  [[nodiscard]] bool is_true(std::string_view name) const noexcept;
  // Present, and neither null, false, an empty string nor an empty array: it says something.
  [[nodiscard]] bool says(std::string_view name) const noexcept;
  [[nodiscard]] bool contains(std::string_view name) const noexcept;

 private:
  [[nodiscard]] const boost::json::value* find(std::string_view name) const noexcept;
  const boost::json::object& object_;
};

}  // namespace kaito::otp
