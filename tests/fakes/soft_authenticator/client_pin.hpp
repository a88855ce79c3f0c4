// authenticatorClientPIN of CTAP 2.0 (§6.5), PIN/UV auth protocol one.
#pragma once

#include <optional>

#include "appliance/auth/webauthn/cbor.hpp"
#include "tests/fakes/soft_authenticator/soft_authenticator.hpp"
#include "tests/fakes/soft_authenticator/soft_key.hpp"

namespace kaito::test {

// Protocol one: AES-256-CBC, IV of zeros, no padding. Empty when the input is not whole blocks.
Bytes aes_256_cbc(bool encrypt, ByteView key, ByteView input);

class ClientPin {
 public:
  ClientPin();

  // Parameters of command 0x06; gives the status byte and the reply. Counts down behaviour.pin_tries.
  Bytes handle(const webauthn::cbor::Value& parameters, Behaviour& behaviour);

  // Was `authenticator`, the request's pinUvAuthParam, made with the token for this hash?
  [[nodiscard]] bool verifies(ByteView authenticator, ByteView client_data_hash) const;

  // What protocol one agrees on with the peer whose COSE_Key this is; none when it is no point of the curve.
  [[nodiscard]] std::optional<ByteArray<32>> shared_secret(const webauthn::cbor::Value& peer) const;

 private:
  Bytes get_token(const webauthn::cbor::Value& parameters, Behaviour& behaviour);

  SoftKey agreement_;
  ByteArray<32> token_{};
  int failures_in_a_row_ = 0;  // three lock the key until it is plugged in again
};

}  // namespace kaito::test
