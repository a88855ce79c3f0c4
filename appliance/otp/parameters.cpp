#include "appliance/otp/parameters.hpp"

#include <fmt/format.h>

#include <string>

namespace kaito::otp {
namespace {

// Lower case, without the hyphens and underscores that spellings differ in. Longer names are no name known here.
std::string plain_name(std::string_view text) {
  std::string name;
  if (text.size() > 16) return name;
  for (const char c : text) {
    if (c == '-' || c == '_') continue;
    name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return name;
}

Status validate_time_based(const Parameters& parameters) {
  if (parameters.period < kMinPeriod || parameters.period > kMaxPeriod)
    return fail_invalid("period", fmt::format("must be {} to {} seconds", kMinPeriod, kMaxPeriod));
  return {};
}

Status validate_steam(const Parameters& parameters) {
  if (parameters.algorithm != Algorithm::sha1) return fail_invalid("algorithm", "must be SHA1 for steam");
  if (parameters.digits != kSteamDigits) return fail_invalid("digits", "must be 5 for steam");
  if (parameters.period != kDefaultPeriod) return fail_invalid("period", "must be 30 seconds for steam");
  return {};
}

}  // namespace

Status validate(const Parameters& parameters) {
  if (parameters.algorithm > Algorithm::sha512) return fail_invalid("algorithm", "must be SHA1, SHA256 or SHA512");
  if (parameters.type == Type::steam) return validate_steam(parameters);
  if (parameters.digits < kMinDigits || parameters.digits > kMaxDigits)
    return fail_invalid("digits", fmt::format("must be {} to {}", kMinDigits, kMaxDigits));
  if (parameters.type == Type::totp) return validate_time_based(parameters);
  if (parameters.type != Type::hotp) return fail_invalid("type", "must be totp, hotp or steam");
  if (parameters.period != 0) return fail_invalid("period", "must be absent for hotp");
  return {};
}

std::string_view to_string(Type type) noexcept {
  switch (type) {
    case Type::totp: return "totp";
    case Type::hotp: return "hotp";
    case Type::steam: return "steam";
  }
  return "?";
}

std::string_view to_string(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::sha1: return "SHA1";
    case Algorithm::sha256: return "SHA256";
    case Algorithm::sha512: return "SHA512";
  }
  return "?";
}

std::optional<Type> type_from_string(std::string_view text) noexcept {
  const std::string name = plain_name(text);
  if (name == "totp") return Type::totp;
  if (name == "hotp") return Type::hotp;
  if (name == "steam" || name == "steamtotp") return Type::steam;
  return std::nullopt;
}

std::optional<Algorithm> algorithm_from_string(std::string_view text) noexcept {
  std::string name = plain_name(text);
  if (name.starts_with("hmac")) name.erase(0, 4);
  if (name == "sha1") return Algorithm::sha1;
  if (name == "sha256") return Algorithm::sha256;
  if (name == "sha512") return Algorithm::sha512;
  return std::nullopt;
}

}  // namespace kaito::otp
