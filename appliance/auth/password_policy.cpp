#include "appliance/auth/password_policy.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "appliance/base/utf8.hpp"

namespace kaito::auth {
namespace {

bool equal_ignoring_ascii_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool repeats_one_character(std::string_view text) noexcept {
  const std::string_view first = text.substr(0, utf8_sequence(text));
  while (text.starts_with(first) && !first.empty()) text.remove_prefix(first.size());
  return text.empty();
}

}  // namespace

Status check_password(const Passphrase& password, std::string_view username, std::string_view org_name,
                      std::string_view field) {
  const auto refuse = [field](std::string reason) { return fail_invalid(std::string(field), std::move(reason)); };
  const std::string_view text = as_text(password.expose_secret());
  if (text.size() > kMaxPasswordBytes) return refuse(fmt::format("must have at most {} bytes", kMaxPasswordBytes));
  const auto characters = utf8_printable_length(text);
  if (!characters) return refuse("must be UTF-8 without control characters");
  if (*characters < kMinPasswordCharacters)
    return refuse(fmt::format("must have at least {} characters", kMinPasswordCharacters));
  if (equal_ignoring_ascii_case(text, username)) return refuse("must not be the user name");
  if (equal_ignoring_ascii_case(text, org_name)) return refuse("must not be the organisation's name");
  if (repeats_one_character(text)) return refuse("must not repeat one character");
  return {};
}

}  // namespace kaito::auth
