// authenticatorMakeCredential and authenticatorGetAssertion (CTAP 2.1 §6.1, §6.2) on the software authenticator's
// state, free of any encoding.
#pragma once

#include <expected>

#include "appliance/auth/webauthn/cbor.hpp"
#include "tests/fakes/soft_authenticator/ctap_status.hpp"
#include "tests/fakes/soft_authenticator/soft_state.hpp"

namespace kaito::test {

template <class T>
using CtapResult = std::expected<T, CtapStatus>;

struct MakeRequest {
  ByteView client_data_hash;
  std::string rp_id;
  webauthn::UserEntity user;
  std::vector<int> algorithms;
  std::vector<Bytes> exclude{};
  bool resident = false;
  bool verify_user = false;
  bool hmac_secret = false;
};

struct MadeCredential {
  Bytes id;
  std::string format;
  Bytes auth_data;
  Bytes statement;  // CBOR map
};

CtapResult<MadeCredential> make_credential(SoftAuthenticator::State& state, const Behaviour& behaviour,
                                           const MakeRequest& request);

struct GetRequest {
  ByteView client_data_hash;
  std::string rp_id;
  std::vector<Bytes> allow{};  // empty: the newest resident credential
  bool verify_user = false;
  const webauthn::cbor::Value* extensions = nullptr;
};

struct MadeAssertion {
  Bytes id;
  Bytes auth_data;
  Bytes signature;
  Bytes user_id;
};

CtapResult<MadeAssertion> get_assertion(SoftAuthenticator::State& state, const Behaviour& behaviour,
                                        const GetRequest& request);

}  // namespace kaito::test
