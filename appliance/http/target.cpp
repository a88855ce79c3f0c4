#include "appliance/http/target.hpp"

#include <array>
#include <cstdint>

#include "appliance/http/ascii.hpp"
#include "appliance/http/head_scanner.hpp"

namespace kaito::http {
namespace {

enum Class : std::uint8_t { kNone = 0, kUnreserved = 1, kPath = 2, kQuery = 4 };

// RFC 3986 §2.3 unreserved; §3.3 pchar and '/'; §3.4 query. '%' is looked at by itself.
constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> table{};
  const auto add = [&table](std::string_view characters, int classes) {
    for (const char c : characters) table[static_cast<unsigned char>(c)] = static_cast<std::uint8_t>(classes);
  };
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", kUnreserved | kPath | kQuery);
  add("!$&'()*+,;=:@/", kPath | kQuery);
  add("?", kQuery);
  return table;
}();

bool is(char c, Class wanted) noexcept { return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0; }

// The byte that the three characters at `at` encode, or -1.
int encoded_byte(std::string_view text, std::size_t at) noexcept {
  if (at + 2 >= text.size()) return -1;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

constexpr bool is_control(int byte) noexcept { return byte < 0x20 || byte == 0x7f; }

// Empty when the text is right.
std::string_view fault_in_path(std::string_view path) noexcept {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (is(path[i], kPath)) continue;
    if (path[i] != '%') return "has a character in its path that must be percent-encoded";
    const int byte = encoded_byte(path, i);
    if (byte < 0) return "has a wrong percent-encoding in its path";
    if (is_control(byte) || byte == '/' || byte == '\\' || byte == '%' || is(static_cast<char>(byte), kUnreserved))
      return "has a percent-encoding in its path that is not allowed";
    i += 2;
  }
  return {};
}

std::string_view fault_in_segments(std::string_view path) noexcept {
  std::size_t start = 1;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view segment = path.substr(start, end - start);
    if (segment.empty()) return "has an empty path segment";
    if (segment == "." || segment == "..") return "has a dot segment in its path";
    start = end + 1;
  }
  return {};
}

std::string_view fault_in_query(std::string_view query) noexcept {
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (is(query[i], kQuery)) continue;
    if (query[i] != '%') return "has a character in its query that must be percent-encoded";
    const int byte = encoded_byte(query, i);
    if (byte < 0) return "has a wrong percent-encoding in its query";
    if (is_control(byte)) return "has a control character in its query";
    i += 2;
  }
  return {};
}

}  // namespace

std::expected<Target, Refusal> split_target(std::string_view text) noexcept {
  const auto refuse = [](std::string_view reason) { return std::unexpected(Refusal{400, reason}); };
  if (text.size() > kMaxTarget) return std::unexpected(Refusal{414, "has a target that is too long"});
  if (text.empty() || text.front() != '/') return refuse("has a target that is not an absolute path");
  const std::size_t mark = text.find('?');
  const Target target{text.substr(0, mark),
                      mark == std::string_view::npos ? std::string_view{} : text.substr(mark + 1)};
  for (const std::string_view fault :
       {fault_in_path(target.path), fault_in_segments(target.path), fault_in_query(target.query)})
    if (!fault.empty()) return refuse(fault);
  return target;
}

}  // namespace kaito::http
