// Codes from secrets: HOTP (RFC 4226), TOTP (RFC 6238) and Steam's. No heap memory is used and nothing is kept.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "appliance/base/secret.hpp"
#include "appliance/base/time.hpp"
#include "appliance/otp/parameters.hpp"

namespace kaito::otp {

// 5 to 8 characters, wiped when it goes out of scope.
class OneTimeCode {
 public:
  OneTimeCode() = default;
  OneTimeCode(const OneTimeCode&) = default;
  OneTimeCode& operator=(const OneTimeCode&) = default;
  ~OneTimeCode();
  [[nodiscard]] std::string_view view() const noexcept { return {characters_.data(), size_}; }

 private:
  friend OneTimeCode format_code(const Parameters& parameters, std::uint32_t truncated) noexcept;
  std::array<char, kMaxDigits> characters_{};
  std::uint8_t size_ = 0;
};

// RFC 4226 §5.3 step 3 (or Steam's alphabet) for a value that is already truncated to 31 bits. `parameters` is valid.
OneTimeCode format_code(const Parameters& parameters, std::uint32_t truncated) noexcept;

// The code for one counter value (RFC 4226 §5.2; for totp and steam the counter is the time step). Errors: what
// validate() says; `secret` when it is not 1 to 128 bytes. Thread-safe.
Result<OneTimeCode> hotp_code(const Seed& secret, const Parameters& parameters, std::uint64_t counter);

struct TimedCode {
  OneTimeCode code;
  TimePoint valid_from;   // first moment of the time step
  TimePoint valid_until;  // first moment of the next one; ask again with it for the next code
};

// The code at `now` (RFC 6238 §4.2, T0 = 0). Errors: as hotp_code; `type` when it is hotp; `time` before 1970.
Result<TimedCode> totp_code(const Seed& secret, const Parameters& parameters, TimePoint now);

}  // namespace kaito::otp
