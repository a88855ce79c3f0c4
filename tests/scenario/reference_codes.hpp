// Codes from implementations apart from ours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kaito::test {

struct ReferenceCode {
  std::string type = "totp";  // totp, hotp, steam
  std::string algorithm = "SHA1";
  int digits = 6;
  std::int64_t period = 30;  // seconds
  std::string secret;        // base32, upper case
  std::int64_t at = 0;       // seconds since 1970; of HOTP: the counter
};

// By oathtool of the OATH Toolkit, all in one call. Steam's codes, which it does not know, are made from OpenSSL's
// HMAC.
std::vector<std::string> reference_codes(const std::vector<ReferenceCode>& wanted);
inline std::string reference_code(const ReferenceCode& wanted) { return reference_codes({wanted}).front(); }

// RFC 4648 §6, upper case without padding; throws when the text is none.
std::vector<std::uint8_t> decode_base32(std::string_view text);

}  // namespace kaito::test
