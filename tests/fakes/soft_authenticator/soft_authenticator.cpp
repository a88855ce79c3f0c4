#include "tests/fakes/soft_authenticator/soft_authenticator.hpp"

#include "appliance/auth/webauthn/client.hpp"
#include "appliance/auth/webauthn/client_data.hpp"
#include "appliance/auth/webauthn/response_json.hpp"
#include "appliance/base/invariant.hpp"
#include "tests/fakes/soft_authenticator/ctap2.hpp"
#include "tests/fakes/soft_authenticator/soft_ceremony.hpp"
#include "tests/fakes/soft_authenticator/test_certificates.hpp"

namespace kaito::test {
namespace {

// What a browser tells its page: a DOMException without the authenticator's details.
std::unexpected<Error> browser_error(CtapStatus status) {
  if (status == CtapStatus::credential_excluded) return fail(Code::conflict, "InvalidStateError: already registered");
  return fail(Code::not_found, fmt::format("NotAllowedError: CTAP status 0x{:02x}", static_cast<unsigned>(status)));
}

std::vector<Bytes> ids_of(const std::vector<webauthn::CredentialDescriptor>& descriptors) {
  std::vector<Bytes> ids;
  for (const auto& descriptor : descriptors) ids.push_back(descriptor.id);
  return ids;
}

Bytes to_bytes(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

}  // namespace

SoftAuthenticator::SoftAuthenticator() {
  SoftKey ca = SoftKey::generate();
  SoftKey attestation_key = SoftKey::generate();
  Bytes ca_certificate = make_ca_certificate(ca);
  Bytes certificate = make_attestation_certificate(attestation_key, ca, {.aaguid = kAaguid});
  state_ = std::make_unique<State>(State{.ca = std::move(ca),
                                         .ca_certificate = std::move(ca_certificate),
                                         .attestation_key = std::move(attestation_key),
                                         .attestation_certificate = std::move(certificate)});
}

SoftAuthenticator::~SoftAuthenticator() = default;
SoftAuthenticator::SoftAuthenticator(SoftAuthenticator&&) noexcept = default;
SoftAuthenticator& SoftAuthenticator::operator=(SoftAuthenticator&&) noexcept = default;

Bytes SoftAuthenticator::root_certificate() const { return state_->ca_certificate; }

Result<webauthn::RegistrationResponse> SoftAuthenticator::make_credential(const webauthn::CreationOptions& options,
                                                                          std::string_view origin) {
  KAITO_CHECK(webauthn::check_rp_id(origin, options.rp.id));
  Bytes client_data = to_bytes(webauthn::client_data_json(webauthn::kTypeCreate, options.challenge, origin));
  const auto hash = webauthn::client_data_hash(client_data);
  const auto made = test::make_credential(*state_, behaviour,
                                          {.client_data_hash = hash,
                                           .rp_id = options.rp.id,
                                           .user = options.user,
                                           .algorithms = options.algorithms,
                                           .exclude = ids_of(options.exclude),
                                           .resident = options.resident_key,
                                           .verify_user = true});
  if (!made) return browser_error(made.error());
  Bytes object = options.attestation_wanted
                     ? webauthn::make_attestation_object(made->format, made->statement, made->auth_data)
                     : webauthn::make_anonymous_attestation_object(made->auth_data);
  return webauthn::RegistrationResponse{.id = made->id,
                                        .client_data_json = std::move(client_data),
                                        .attestation_object = std::move(object),
                                        .transports = {"usb"}};
}

Result<webauthn::AssertionResponse> SoftAuthenticator::get_assertion(const webauthn::RequestOptions& options,
                                                                     std::string_view origin) {
  KAITO_CHECK(webauthn::check_rp_id(origin, options.rp_id));
  Bytes client_data = to_bytes(webauthn::client_data_json(webauthn::kTypeGet, options.challenge, origin));
  const auto hash = webauthn::client_data_hash(client_data);
  auto made = test::get_assertion(
      *state_, behaviour,
      {.client_data_hash = hash, .rp_id = options.rp_id, .allow = ids_of(options.allow), .verify_user = true});
  if (!made) return browser_error(made.error());
  return webauthn::AssertionResponse{.id = std::move(made->id),
                                     .client_data_json = std::move(client_data),
                                     .authenticator_data = std::move(made->auth_data),
                                     .signature = std::move(made->signature),
                                     .user_handle = std::move(made->user_id)};
}

Result<boost::json::object> SoftAuthenticator::create_json(const boost::json::value& options, std::string_view origin) {
  KAITO_TRY(const auto parsed, webauthn::parse_creation_options(options));
  KAITO_TRY(const auto response, make_credential(parsed, origin));
  return webauthn::to_json(response);
}

Result<boost::json::object> SoftAuthenticator::get_json(const boost::json::value& options, std::string_view origin) {
  KAITO_TRY(const auto parsed, webauthn::parse_request_options(options));
  KAITO_TRY(const auto response, get_assertion(parsed, origin));
  return webauthn::to_json(response);
}

Bytes SoftAuthenticator::ctap2(ByteView request) { return handle_ctap2(*state_, behaviour, request); }

}  // namespace kaito::test
