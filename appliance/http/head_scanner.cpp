#include "appliance/http/head_scanner.hpp"

namespace kaito::http {
namespace {

// Written without a branch in the loop, so that it is vectorised.
bool holds_only_text(std::string_view line) noexcept {
  unsigned bad = 0;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned>(byte < 0x20) & static_cast<unsigned>(byte != '\t');
    bad |= static_cast<unsigned>(byte > 0x7e);
  }
  return bad == 0;
}

// Empty when the field line is well-formed.
std::string_view fault_of_field_line(std::string_view line) noexcept {
  if (line.front() == ' ' || line.front() == '\t') return "has a folded header line";
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return "has a header line without a name";
  if (line[colon - 1] == ' ' || line[colon - 1] == '\t') return "has white space before a colon";
  return {};
}

}  // namespace

HeadScanner::State HeadScanner::refuse(std::uint16_t status, std::string_view reason) noexcept {
  refusal_ = Refusal{status, reason};
  return State::refused;
}

HeadScanner::State HeadScanner::scan(std::string_view bytes) noexcept {
  bytes = bytes.substr(0, kMaxHead);
  for (;;) {
    const std::size_t feed = bytes.find('\n', searched_);
    if (feed == std::string_view::npos) {
      searched_ = bytes.size();
      if (first_line_ && bytes.size() > kMaxTarget + 64) return refuse(414, "has a target that is too long");
      return bytes.size() == kMaxHead ? refuse(431, "has a head that is too large") : State::more;
    }
    if (feed == line_start_ || bytes[feed - 1] != '\r') return refuse(400, "has a line that does not end with CRLF");
    const std::string_view line = bytes.substr(line_start_, feed - 1 - line_start_);
    line_start_ = searched_ = feed + 1;
    if (line.empty()) return first_line_ ? refuse(400, "begins with an empty line") : State::complete;
    if (!holds_only_text(line)) return refuse(400, "has a control or non-ASCII character in its head");
    if (!first_line_)
      if (const std::string_view fault = fault_of_field_line(line); !fault.empty()) return refuse(400, fault);
    first_line_ = false;
  }
}

}  // namespace kaito::http
