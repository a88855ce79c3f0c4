#include "appliance/http/query.hpp"

#include "appliance/http/ascii.hpp"

namespace kaito::http {
namespace {

constexpr std::size_t kMaxParameters = 32;

Result<std::string> decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
      continue;
    }
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return fail_invalid("query", "has a wrong percent-encoding");
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

// RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept {
  const auto at = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto tail = [&at](std::size_t i) { return at(i) >= 0x80 && at(i) <= 0xbf; };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = at(i);
    const unsigned second = at(i + 1);
    if (lead < 0x80) {
      i += 1;
    } else if (lead >= 0xc2 && lead <= 0xdf && tail(i + 1)) {
      i += 2;
    } else if (lead >= 0xe0 && lead <= 0xef && second >= (lead == 0xe0 ? 0xa0U : 0x80U) &&
               second <= (lead == 0xed ? 0x9fU : 0xbfU) && tail(i + 2)) {
      i += 3;
    } else if (lead >= 0xf0 && lead <= 0xf4 && second >= (lead == 0xf0 ? 0x90U : 0x80U) &&
               second <= (lead == 0xf4 ? 0x8fU : 0xbfU) && tail(i + 2) && tail(i + 3)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

Result<Query> Query::parse(std::string_view query) {
  Query result;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    KAITO_TRY(std::string name, decode(pair.substr(0, equals)));
    KAITO_TRY(std::string value, decode(pair.substr(std::min(equals + 1, pair.size()))));
    if (name.empty() || !is_utf8(name) || has_control(name))
      return fail_invalid("query", "has a parameter with a missing or bad name");
    if (!is_utf8(value) || has_control(value)) return fail_invalid(name, "is not clean UTF-8 text");
    if (result.get(name)) return fail_invalid(name, "is given twice");
    if (result.parameters_.size() == kMaxParameters) return fail_invalid("query", "has too many parameters");
    result.parameters_.push_back({std::move(name), std::move(value)});
  }
  return result;
}

std::optional<std::string_view> Query::get(std::string_view name) const noexcept {
  for (const QueryParameter& parameter : parameters_)
    if (parameter.name == name) return parameter.value;
  return std::nullopt;
}

}  // namespace kaito::http
