#include "appliance/cli/fido/fido_key.hpp"

#include <fido.h>

#include <memory>

#include "appliance/auth/webauthn/cbor.hpp"
#include "appliance/auth/webauthn/client.hpp"
#include "appliance/auth/webauthn/client_data.hpp"
#include "appliance/cli/fido/fido_error.hpp"
#include "appliance/cli/fido/user_verification.hpp"

namespace kaito::fido_client {
namespace {

struct Free {
  void operator()(fido_cred_t* credential) const noexcept { fido_cred_free(&credential); }
  void operator()(fido_assert_t* assertion) const noexcept { fido_assert_free(&assertion); }
  void operator()(fido_cbor_info_t* info) const noexcept { fido_cbor_info_free(&info); }
};
using Credential = std::unique_ptr<fido_cred_t, Free>;
using Assertion = std::unique_ptr<fido_assert_t, Free>;
using Info = std::unique_ptr<fido_cbor_info_t, Free>;

Bytes copy(const unsigned char* bytes, std::size_t size) { return bytes ? Bytes(bytes, bytes + size) : Bytes(); }
Bytes copy(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

// The first algorithm offered that the key says it knows. Keys of CTAP 2.0 say nothing; all of them know ES256.
Result<int> choose_algorithm(fido_dev_t* device, const std::vector<int>& offered) {
  const Info info(fido_cbor_info_new());
  std::vector<int> known{webauthn::kEs256};
  if (info && fido_dev_is_fido2(device) && fido_dev_get_cbor_info(device, info.get()) == FIDO_OK)
    for (std::size_t i = 0; i < fido_cbor_info_algorithm_count(info.get()); ++i)
      known.push_back(fido_cbor_info_algorithm_cose(info.get(), i));
  for (const int algorithm : offered)
    if (std::ranges::find(known, algorithm) != known.end()) return algorithm;
  return fail(fido_error(FIDO_ERR_UNSUPPORTED_ALGORITHM, "enrolling the security key"));
}

Status set_credential(fido_cred_t* credential, const webauthn::CreationOptions& options, int algorithm,
                      const ByteArray<32>& hash) {
  const auto& user = options.user;
  int status = fido_cred_set_type(credential, algorithm);
  if (status == FIDO_OK) status = fido_cred_set_clientdata_hash(credential, hash.data(), hash.size());
  if (status == FIDO_OK) status = fido_cred_set_rp(credential, options.rp.id.c_str(), options.rp_name.c_str());
  if (status == FIDO_OK)
    status = fido_cred_set_user(credential, user.id.data(), user.id.size(), user.name.c_str(),
                                user.display_name.c_str(), nullptr);
  if (status == FIDO_OK) status = fido_cred_set_rk(credential, options.resident_key ? FIDO_OPT_TRUE : FIDO_OPT_OMIT);
  for (const auto& excluded : options.exclude)
    if (status == FIDO_OK) status = fido_cred_exclude(credential, excluded.id.data(), excluded.id.size());
  if (status != FIDO_OK) return fail(fido_error(status, "preparing the enrolment"));
  return {};
}

Status set_assertion(fido_assert_t* assertion, const webauthn::RequestOptions& options, const ByteArray<32>& hash) {
  int status = fido_assert_set_clientdata_hash(assertion, hash.data(), hash.size());
  if (status == FIDO_OK) status = fido_assert_set_rp(assertion, options.rp_id.c_str());
  for (const auto& allowed : options.allow)
    if (status == FIDO_OK) status = fido_assert_allow_cred(assertion, allowed.id.data(), allowed.id.size());
  if (status != FIDO_OK) return fail(fido_error(status, "preparing the login"));
  return {};
}

Bytes attestation_of(const fido_cred_t* credential, bool wanted) {
  const Bytes auth_data = copy(fido_cred_authdata_raw_ptr(credential), fido_cred_authdata_raw_len(credential));
  const char* format = fido_cred_fmt(credential);
  const Bytes statement = copy(fido_cred_attstmt_ptr(credential), fido_cred_attstmt_len(credential));
  if (!wanted || !format || statement.empty()) return webauthn::make_anonymous_attestation_object(auth_data);
  return webauthn::make_attestation_object(format, statement, auth_data);
}

// libfido2 gives an assertion's authenticator data as it came: wrapped in a CBOR byte string.
Result<Bytes> raw_authenticator_data(const fido_assert_t* assertion) {
  const Bytes wrapped = copy(fido_assert_authdata_ptr(assertion, 0), fido_assert_authdata_len(assertion, 0));
  const auto decoded = webauthn::cbor::decode(wrapped, webauthn::cbor::KeyOrder::any);
  if (!decoded || !decoded->is(webauthn::cbor::Type::bytes))
    return fail(Code::connection_failed, "the key's answer is malformed");
  return Bytes(decoded->content.begin(), decoded->content.end());
}

void set_timeout(fido_dev_t* device, Milliseconds timeout) {
  fido_dev_set_timeout(device, static_cast<int>(timeout.count()));
}

}  // namespace

Result<webauthn::RegistrationResponse> FidoKey::make_credential(const webauthn::CreationOptions& options,
                                                                std::string_view origin) {
  KAITO_CHECK(webauthn::check_rp_id(origin, options.rp.id));
  Bytes client_data = copy(webauthn::client_data_json(webauthn::kTypeCreate, options.challenge, origin));
  const Credential credential(fido_cred_new());
  if (!credential) return fail(Code::internal, "fido_cred_new: out of memory");
  KAITO_TRY(const int algorithm, choose_algorithm(device_.get(), options.algorithms));
  KAITO_CHECK(set_credential(credential.get(), options, algorithm, webauthn::client_data_hash(client_data)));

  set_timeout(device_.get(), options.timeout);
  KAITO_CHECK(run_ceremony(device_.get(), options.uv, prompts_, "enrolling the security key",
                           [&](fido_opt_t uv, const char* pin) {
                             fido_cred_set_uv(credential.get(), uv);
                             return fido_dev_make_cred(device_.get(), credential.get(), pin);
                           }));

  return webauthn::RegistrationResponse{
      .id = copy(fido_cred_id_ptr(credential.get()), fido_cred_id_len(credential.get())),
      .client_data_json = std::move(client_data),
      .attestation_object = attestation_of(credential.get(), options.attestation_wanted),
      .transports = {"usb"}};
}

Result<webauthn::AssertionResponse> FidoKey::get_assertion(const webauthn::RequestOptions& options,
                                                           std::string_view origin) {
  KAITO_CHECK(webauthn::check_rp_id(origin, options.rp_id));
  Bytes client_data = copy(webauthn::client_data_json(webauthn::kTypeGet, options.challenge, origin));
  const Assertion assertion(fido_assert_new());
  if (!assertion) return fail(Code::internal, "fido_assert_new: out of memory");
  KAITO_CHECK(set_assertion(assertion.get(), options, webauthn::client_data_hash(client_data)));

  set_timeout(device_.get(), options.timeout);
  KAITO_CHECK(run_ceremony(device_.get(), options.uv, prompts_, "logging in with the security key",
                           [&](fido_opt_t uv, const char* pin) {
                             fido_assert_set_uv(assertion.get(), uv);
                             return fido_dev_get_assert(device_.get(), assertion.get(), pin);
                           }));
  if (fido_assert_count(assertion.get()) == 0) return fail(fido_error(FIDO_ERR_NO_CREDENTIALS, "logging in"));

  webauthn::AssertionResponse response{
      .id = copy(fido_assert_id_ptr(assertion.get(), 0), fido_assert_id_len(assertion.get(), 0)),
      .client_data_json = std::move(client_data),
      .signature = copy(fido_assert_sig_ptr(assertion.get(), 0), fido_assert_sig_len(assertion.get(), 0))};
  KAITO_TRY(response.authenticator_data, raw_authenticator_data(assertion.get()));
  // A key that was offered exactly one credential need not repeat its id (CTAP 2.1 §6.2.2).
  if (response.id.empty() && options.allow.size() == 1) response.id = options.allow.front().id;
  if (fido_assert_user_id_len(assertion.get(), 0) > 0)
    response.user_handle =
        copy(fido_assert_user_id_ptr(assertion.get(), 0), fido_assert_user_id_len(assertion.get(), 0));
  return response;
}

}  // namespace kaito::fido_client
