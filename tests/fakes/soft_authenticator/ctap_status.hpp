// CTAP2 status codes (CTAP 2.1 §8.2) that the software authenticator gives.
#pragma once

#include <cstdint>

#include "appliance/auth/webauthn/cbor_writer.hpp"

namespace kaito::test {

enum class CtapStatus : std::uint8_t {
  ok = 0x00,
  invalid_command = 0x01,
  cbor_unexpected_type = 0x11,
  invalid_cbor = 0x12,
  missing_parameter = 0x14,
  credential_excluded = 0x19,
  unsupported_algorithm = 0x26,
  unsupported_option = 0x2b,
  invalid_option = 0x2c,
  no_credentials = 0x2e,
  user_action_timeout = 0x2f,
  pin_invalid = 0x31,
  pin_blocked = 0x32,
  pin_auth_invalid = 0x33,
  pin_auth_blocked = 0x34,
  pin_not_set = 0x35,
  pin_required = 0x36,
  uv_blocked = 0x3c,
};

// Whole replies: a status alone, or success and what goes with it.
inline Bytes status_only(CtapStatus code) { return {static_cast<std::uint8_t>(code)}; }
inline Bytes reply_with(const webauthn::cbor::Writer& writer) {
  Bytes out = status_only(CtapStatus::ok);
  append(out, writer.view());
  return out;
}

}  // namespace kaito::test
