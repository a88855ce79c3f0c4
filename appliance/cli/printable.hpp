// Text that came from elsewhere, made safe to show on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace kaito::cli {

// Control characters (C0, DEL, C1), line and paragraph separators, and the characters that change the direction of
// text are written as \x1b or \u202e; bytes that are not UTF-8 as \xff. So a label cannot move the cursor, colour the
// terminal, break a table or read as another label.
std::string printable(std::string_view text);

// Code points of printable text: its width in a table.
std::size_t width(std::string_view printable_text) noexcept;

}  // namespace kaito::cli
