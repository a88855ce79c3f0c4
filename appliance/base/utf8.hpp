// UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace kaito {

// Length in bytes of the character that `text` starts with; 0 when it starts with none, or is empty.
std::size_t utf8_sequence(std::string_view text) noexcept;

// The number of code points; none when the text is not UTF-8 or holds a C0 or C1 control character or DEL.
std::optional<std::size_t> utf8_printable_length(std::string_view text) noexcept;

}  // namespace kaito
