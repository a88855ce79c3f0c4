// The customer's side of a key import, for whoever has their key in a file: what the openssl commands in the manual do.
#pragma once

#include "appliance/audit/wrapping_certificate.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::cli {

using CustomerKey = Secret<struct CustomerKeyTag>;  // AES-256, 32 bytes

enum class WrapMechanism : std::uint8_t { rsa_oaep, rsa_aes_key_wrap };

// By RSA-OAEP with the certificate's hash; or a one-time AES key by that, and the customer's key by the one-time key
// (AES-KWP, RFC 5649).
Result<Bytes> wrap_for_import(const audit::OpenedWrappingCertificate& certificate, WrapMechanism mechanism,
                              const CustomerKey& key, Random& random);

// What AES makes of a block of zeros, its first three bytes, as six hexadecimal digits.
Result<std::string> check_value_of(const CustomerKey& key);

}  // namespace kaito::cli
