// A registration from a hostile client: client data, attestation object and the JSON around them.
// The first byte chooses the part that the rest replaces in an otherwise good response.
#include <boost/json/parse.hpp>
#include <cstdlib>

#include "appliance/auth/webauthn/attestation.hpp"
#include "appliance/auth/webauthn/client_data.hpp"
#include "appliance/auth/webauthn/response_json.hpp"
#include "appliance/auth/webauthn/verify_registration.hpp"

namespace {

using namespace kaito;
using namespace kaito::webauthn;

void check(const RegistrationResponse& response) {
  static const RelyingParty rp{.id = "vault.example", .origins = {"https://vault.example"}};
  static const Policy policy{.uv = UserVerification::preferred, .allow_backup_eligible = true};
  static const Bytes challenge(32, 0x42);
  const auto result = verify_registration(rp, policy, challenge, response, from_unix_ms(1'790'000'000'000));
  // A refusal says why; what was accepted keeps its promises.
  if (!result && !reason_of(result.error())) std::abort();
  if (result && (result->credential_id.empty() || result->credential_id.size() > kMaxCredentialIdBytes ||
                 result->cose_key.size() > 1024))
    std::abort();
}

Bytes good_client_data() {
  const std::string json = client_data_json(kTypeCreate, Bytes(32, 0x42), "https://vault.example");
  return {json.begin(), json.end()};
}

// The attested id, so that the last check does not hide what comes after it.
Bytes claimed_id(const Bytes& bytes) {
  const auto object = parse_attestation_object(bytes);
  if (!object) return {1};
  const auto data = parse_authenticator_data(object->auth_data);
  if (!data || !data->credential) return {1};
  return {data->credential->credential_id.begin(), data->credential->credential_id.end()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes rest(data + 1, data + size);
  if (data[0] == 'J') {
    boost::system::error_code failure;
    const auto json = boost::json::parse(as_text(rest), failure);
    if (failure) return 0;
    if (const auto response = parse_registration_response(json)) check(*response);
  } else if (data[0] == 'C') {
    check({.id = {1}, .client_data_json = rest, .attestation_object = {0xa0}});
  } else {
    check({.id = claimed_id(rest), .client_data_json = good_client_data(), .attestation_object = rest});
  }
  return 0;
}
