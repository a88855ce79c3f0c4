#include "appliance/otp/parsed_import.hpp"

#include <array>
#include <utility>

namespace kaito::otp {
namespace {

constexpr std::array<std::pair<Format, std::string_view>, 6> kFormatNames{{
    {Format::otpauth_list, "otpauth"},
    {Format::google_migration, "google"},
    {Format::aegis, "aegis"},
    {Format::two_fas, "2fas"},
    {Format::bitwarden, "bitwarden"},
    {Format::two_fauth, "2fauth"},
}};

}  // namespace

std::string_view to_string(Format format) noexcept {
  for (const auto& [value, name] : kFormatNames)
    if (value == format) return name;
  return "?";
}

std::optional<Format> format_from_string(std::string_view text) noexcept {
  for (const auto& [value, name] : kFormatNames)
    if (name == text) return value;
  return std::nullopt;
}

bool same_secret(const ImportedEntry& a, const ImportedEntry& b) noexcept {
  return a.parameters == b.parameters && a.secret == b.secret;
}

}  // namespace kaito::otp
