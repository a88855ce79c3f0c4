#include "appliance/otp/one_time_code.hpp"

#include <openssl/crypto.h>

#include "appliance/crypto/hmac.hpp"

namespace kaito::otp {
namespace {

// Steam leaves out the characters that people mix up.
constexpr std::string_view kSteamAlphabet = "23456789BCDFGHJKMNPQRTVWXY";

// RFC 4226 §5.3: the low nibble of the last byte says where the 31-bit number starts.
std::uint32_t truncate(ByteView mac) noexcept {
  const std::size_t offset = mac.back() & 0x0fU;
  return (mac[offset] & 0x7fU) << 24 | static_cast<std::uint32_t>(mac[offset + 1]) << 16 |
         static_cast<std::uint32_t>(mac[offset + 2]) << 8 | mac[offset + 3];
}

}  // namespace

OneTimeCode::~OneTimeCode() { OPENSSL_cleanse(characters_.data(), characters_.size()); }

OneTimeCode format_code(const Parameters& parameters, std::uint32_t truncated) noexcept {
  OneTimeCode code;
  code.size_ = parameters.digits;
  if (parameters.type == Type::steam) {  // least significant character first
    for (std::uint8_t i = 0; i < code.size_; ++i, truncated /= kSteamAlphabet.size())
      code.characters_.at(i) = kSteamAlphabet[truncated % kSteamAlphabet.size()];
    return code;
  }
  for (std::uint8_t i = code.size_; i > 0; --i, truncated /= 10)
    code.characters_.at(i - 1U) = static_cast<char>('0' + truncated % 10);
  return code;
}

Result<OneTimeCode> hotp_code(const Seed& secret, const Parameters& parameters, std::uint64_t counter) {
  KAITO_CHECK(validate(parameters));
  if (secret.size() < kMinSecretBytes || secret.size() > kMaxSecretBytes)
    return fail_invalid("secret", "must be 1 to 128 bytes");
  std::array<std::uint8_t, 8> message{};  // big-endian (RFC 4226 §5.2)
  for (std::size_t i = 0; i < message.size(); ++i) message.at(i) = static_cast<std::uint8_t>(counter >> (56 - 8 * i));
  auto mac = crypto::hmac(parameters.algorithm, secret.expose_secret(), message);
  if (!mac) return fail(std::move(mac).error());
  OneTimeCode code = format_code(parameters, truncate(mac->view()));
  OPENSSL_cleanse(mac->bytes.data(), mac->bytes.size());
  return code;
}

Result<TimedCode> totp_code(const Seed& secret, const Parameters& parameters, TimePoint now) {
  if (parameters.type == Type::hotp) return fail_invalid("type", "is hotp, which has no time step");
  const std::int64_t seconds = to_unix_s(now);
  if (seconds < 0) return fail_invalid("time", "is before 1970");
  KAITO_CHECK(validate(parameters));
  const std::int64_t step = seconds / parameters.period;
  KAITO_TRY(const OneTimeCode code, hotp_code(secret, parameters, static_cast<std::uint64_t>(step)));
  const TimePoint start{Seconds{step * parameters.period}};
  return TimedCode{.code = code, .valid_from = start, .valid_until = start + Seconds{parameters.period}};
}

}  // namespace kaito::otp
