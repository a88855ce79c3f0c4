#include "appliance/base/json_text.hpp"

#include <algorithm>
#include <charconv>

#include "appliance/base/utf8.hpp"

namespace kaito {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void append_u_escape(std::string& out, unsigned code) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(kHex[code >> shift & 0xf]);
}

// What stands in a string as it is.
constexpr bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

void append_ascii(std::string& out, unsigned char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      if (c < 0x20 || c == 0x7f)
        append_u_escape(out, c);
      else
        out.push_back(static_cast<char>(c));
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto c = static_cast<unsigned char>(text.front());
    if (c < 0x80) {
      append_ascii(out, c);
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = utf8_sequence(text);
    const std::string_view sequence = text.substr(0, length);
    if (length == 0)
      append_u_escape(out, 0xfffd);
    else if (sequence == "\xe2\x80\xa8")
      append_u_escape(out, 0x2028);
    else if (sequence == "\xe2\x80\xa9")
      append_u_escape(out, 0x2029);
    else if (length == 2 && c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0)
      append_u_escape(out, static_cast<unsigned char>(text[1]));  // C1 controls
    else
      out += sequence;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.push_back('"');
}

void JsonObjectWriter::key(std::string_view name) {
  if (!first_) out_.push_back(',');
  first_ = false;
  append_json_string(out_, name);
  out_.push_back(':');
}

void JsonObjectWriter::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(out_, value);
}

void JsonObjectWriter::number(std::string_view name, std::int64_t value) {
  key(name);
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out_.append(buffer, end);
}

void JsonObjectWriter::boolean(std::string_view name, bool value) {
  key(name);
  out_ += value ? "true" : "false";
}

void JsonObjectWriter::raw(std::string_view name, std::string_view json) {
  key(name);
  out_ += json;
}

}  // namespace kaito
