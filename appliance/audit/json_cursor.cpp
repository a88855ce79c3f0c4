#include "appliance/audit/json_cursor.hpp"

#include <charconv>

#include "appliance/base/json_text.hpp"

namespace kaito::audit {
namespace {

// What append_json_string spells as \uXXXX. U+FFFD stands for a byte that was not UTF-8.
bool is_spelled_by_number(unsigned code) noexcept {
  if (code == '\n' || code == '\r' || code == '\t') return false;
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 || code == 0xfffd;
}

void append_utf8(std::string& out, unsigned code) {
  const auto byte = [&out](unsigned value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6);
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xe0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

}  // namespace

std::unexpected<Error> JsonCursor::wrong(std::string_view what) const {
  return fail(Code::integrity, fmt::format("at byte {}: {}", at_, what));
}

bool JsonCursor::take(std::string_view literal) noexcept {
  if (!text_.substr(at_).starts_with(literal)) return false;
  at_ += literal.size();
  return true;
}

Status JsonCursor::expect(std::string_view literal) {
  if (!take(literal)) return wrong(fmt::format("expected {}", literal));
  return {};
}

Status JsonCursor::plain(std::string_view run) const {
  std::string canonical;
  append_json_string(canonical, run);
  if (std::string_view(canonical).substr(1, canonical.size() - 2) != run)
    return wrong("a string holds what must be escaped, or is not UTF-8");
  return {};
}

Status JsonCursor::escape(std::string& out) {
  constexpr std::string_view kShort = "\"\\nrt";
  constexpr std::string_view kMeaning = "\"\\\n\r\t";
  const std::string_view rest = text_.substr(at_ + 1);
  if (const auto index = rest.empty() ? std::string_view::npos : kShort.find(rest.front());
      index != std::string_view::npos) {
    out.push_back(kMeaning[index]);
    at_ += 2;
    return {};
  }
  if (rest.size() < 5 || rest.front() != 'u') return wrong("unknown escape");
  const std::string_view digits = rest.substr(1, 4);
  unsigned code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (error != std::errc{} || end != digits.data() + digits.size() ||
      digits.find_first_of("ABCDEF") != std::string_view::npos || !is_spelled_by_number(code))
    return wrong("an escape that is not the one spelling of its character");
  append_utf8(out, code);
  at_ += 6;
  return {};
}

Result<std::string> JsonCursor::string() {
  if (!take("\"")) return wrong("expected a string");
  std::string value;
  for (;;) {
    const auto stop = text_.find_first_of("\"\\", at_);
    if (stop == std::string_view::npos) return wrong("a string has no end");
    const std::string_view run = text_.substr(at_, stop - at_);
    KAITO_CHECK(plain(run));
    value += run;
    at_ = stop;
    if (take("\"")) return value;
    KAITO_CHECK(escape(value));
  }
}

Result<std::string> JsonCursor::text() {
  KAITO_TRY(auto value, string());
  if (value.empty()) return wrong("an empty string where there must be none");
  return value;
}

Result<std::uint64_t> JsonCursor::number() {
  const std::string_view rest = text_.substr(at_);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc{}) return wrong("expected a number");
  const auto length = static_cast<std::size_t>(end - rest.data());
  if (length > 1 && rest.front() == '0') return wrong("a number with a leading zero");
  at_ += length;
  return value;
}

Result<ByteArray<32>> JsonCursor::hash() {
  KAITO_CHECK(expect("\""));
  const std::string_view digits = text_.substr(at_, 64);
  if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return wrong("expected 64 lower-case hex digits");
  KAITO_TRY(const Bytes bytes, from_hex(digits));
  ByteArray<32> hash{};
  std::ranges::copy(bytes, hash.begin());
  at_ += digits.size();
  KAITO_CHECK(expect("\""));
  return hash;
}

Status JsonCursor::finish() const {
  if (at_ != text_.size()) return wrong("something is left after the end");
  return {};
}

}  // namespace kaito::audit
