// Reads, front to back, the canonical JSON that JsonObjectWriter and append_json_string write: no white space, members
// in a fixed order, one spelling for every string. What deviates is an error that names the byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "appliance/base/bytes.hpp"

namespace kaito::audit {

class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) noexcept : text_(text) {}

  // Takes `literal` when it comes next.
  [[nodiscard]] bool take(std::string_view literal) noexcept;
  // The same, but an error when it does not. Every error is Code::integrity.
  Status expect(std::string_view literal);
  Result<std::string> string();    // with its quotes; returned unescaped
  Result<std::string> text();      // a string that is not empty
  Result<std::uint64_t> number();  // decimal, no leading zero, no sign
  Result<ByteArray<32>> hash();    // 64 lower-case hex digits in quotes
  // An error when anything is left.
  Status finish() const;

  [[nodiscard]] std::unexpected<Error> wrong(std::string_view what) const;

 private:
  Status escape(std::string& out);
  Status plain(std::string_view run) const;

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace kaito::audit
