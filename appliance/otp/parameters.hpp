// What turns a secret into a code: the parameters that a seed's row stores beside its secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "appliance/base/result.hpp"
#include "appliance/crypto/hmac.hpp"

namespace kaito::otp {

enum class Type : std::uint8_t { totp, hotp, steam };
using Algorithm = crypto::HashFunction;

inline constexpr std::uint8_t kMinDigits = 6;
inline constexpr std::uint8_t kMaxDigits = 8;
inline constexpr std::uint16_t kMinPeriod = 10;   // seconds
inline constexpr std::uint16_t kMaxPeriod = 300;  // seconds
inline constexpr std::uint16_t kDefaultPeriod = 30;
inline constexpr std::uint8_t kSteamDigits = 5;  // characters of Steam's alphabet
// RFC 4226 §4 R6 asks for 16 bytes, but services hand out 10 and fewer, and their users have no say.
inline constexpr std::size_t kMinSecretBytes = 1;
inline constexpr std::size_t kMaxSecretBytes = 128;

struct Parameters {
  Type type = Type::totp;
  Algorithm algorithm = Algorithm::sha1;
  std::uint8_t digits = kMinDigits;       // 6 to 8; 5 for steam
  std::uint16_t period = kDefaultPeriod;  // seconds, 10 to 300; 30 for steam; 0 for hotp, which has none
  friend bool operator==(const Parameters&, const Parameters&) = default;
};

// The only parameters Steam knows.
inline constexpr Parameters kSteamParameters{Type::steam, Algorithm::sha1, kSteamDigits, kDefaultPeriod};

// Names the field that is out of bounds: `type`, `algorithm`, `digits` or `period`.
Status validate(const Parameters& parameters);

// "totp", "hotp", "steam"; "SHA1", "SHA256", "SHA512": the spellings of the API and of the Key Uri Format.
std::string_view to_string(Type type) noexcept;
std::string_view to_string(Algorithm algorithm) noexcept;

// Any case. Types also as 2FAuth says it (steamtotp); algorithms also as SHA-1, HmacSHA1, HMAC-SHA-1.
std::optional<Type> type_from_string(std::string_view text) noexcept;
std::optional<Algorithm> algorithm_from_string(std::string_view text) noexcept;

}  // namespace kaito::otp
