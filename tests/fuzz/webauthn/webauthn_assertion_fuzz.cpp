// A login from a hostile client, and a stored key that is anything at all.
// The first byte chooses the part that the rest replaces in an otherwise plausible response.
#include <boost/json/parse.hpp>
#include <cstdlib>

#include "appliance/auth/webauthn/client_data.hpp"
#include "appliance/auth/webauthn/response_json.hpp"
#include "appliance/auth/webauthn/verify_assertion.hpp"

namespace {

using namespace kaito;
using namespace kaito::webauthn;

// An ES256 key: the generator of P-256. Nobody can sign for it but by knowing that its private key is 1.
Bytes stored_key() {
  return *from_hex(
      "a5010203262001215820"
      "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
      "225820"
      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
}

void check(const AssertionResponse& response, const Bytes& cose_key) {
  static const RelyingParty rp{.id = "vault.example", .origins = {"https://vault.example"}};
  static const Policy policy{.uv = UserVerification::preferred, .allow_backup_eligible = true};
  static const Bytes challenge(32, 0x42);
  const auto result = verify_assertion(rp, policy, challenge, response, {.id = response.id, .cose_key = cose_key});
  if (!result && !reason_of(result.error())) std::abort();
}

Bytes good_client_data() {
  const std::string json = client_data_json(kTypeGet, Bytes(32, 0x42), "https://vault.example");
  return {json.begin(), json.end()};
}

// SHA-256 of the RP ID, UP and UV, a counter of 1.
Bytes good_authenticator_data() {
  const auto hash = client_data_hash(as_bytes("vault.example"));  // SHA-256, whatever it hashes
  Bytes data(hash.begin(), hash.end());
  append(data, Bytes{0x05, 0, 0, 0, 1});
  return data;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes rest(data + 1, data + size);
  AssertionResponse response{.id = {1},
                             .client_data_json = good_client_data(),
                             .authenticator_data = good_authenticator_data(),
                             .signature = {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01}};
  Bytes key = stored_key();
  switch (data[0]) {
    case 'J': {
      boost::system::error_code failure;
      const auto json = boost::json::parse(as_text(rest), failure);
      if (failure) return 0;
      const auto parsed = parse_assertion_response(json);
      if (!parsed) return 0;
      response = *parsed;
      break;
    }
    case 'C': response.client_data_json = rest; break;
    case 'S': response.signature = rest; break;
    case 'K': key = rest; break;
    default: response.authenticator_data = rest; break;
  }
  check(response, key);
  return 0;
}
