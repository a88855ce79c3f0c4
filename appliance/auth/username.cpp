#include "appliance/auth/username.hpp"

#include <fmt/format.h>

namespace kaito::auth {
namespace {

std::string_view trim(std::string_view text) noexcept {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_allowed(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("._@+-").contains(c);
}

}  // namespace

Result<std::string> normalise_username(std::string_view text, std::string_view field) {
  std::string name(trim(text));
  if (name.empty() || name.size() > kMaxUsername)
    return fail_invalid(std::string(field), fmt::format("must have 1 to {} characters", kMaxUsername));
  for (char& c : name) {
    c = lower(c);
    if (!is_allowed(c)) return fail_invalid(std::string(field), "may hold only letters a to z, digits and . _ @ + -");
  }
  return name;
}

}  // namespace kaito::auth
