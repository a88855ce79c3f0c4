// What a software authenticator remembers.
#pragma once

#include <string>
#include <vector>

#include "tests/fakes/soft_authenticator/client_pin.hpp"
#include "tests/fakes/soft_authenticator/soft_authenticator.hpp"
#include "tests/fakes/soft_authenticator/soft_key.hpp"

namespace kaito::test {

struct SoftCredential {
  Bytes id;
  std::string rp_id;
  webauthn::UserEntity user;
  SoftKey key;
  std::uint32_t counter = 0;
  bool resident = false;
};

struct SoftAuthenticator::State {
  SoftKey ca;
  Bytes ca_certificate;
  SoftKey attestation_key;
  Bytes attestation_certificate;
  std::vector<SoftCredential> credentials{};
  ClientPin pin{};  // of this power-up; not saved
};

}  // namespace kaito::test
