// CTAP2 messages (CTAP 2.1 §6, §8) for the software authenticator.
#pragma once

#include "tests/fakes/soft_authenticator/soft_state.hpp"

namespace kaito::test {

// One command byte and its CBOR parameters; gives the status byte and, on success, the CBOR reply.
Bytes handle_ctap2(SoftAuthenticator::State& state, Behaviour& behaviour, ByteView request);

}  // namespace kaito::test
