#include "tests/fakes/soft_authenticator/soft_state.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include "appliance/base/file.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFileBytes = 16 * 1024 * 1024;

json::object to_json(const SoftCredential& credential) {
  return {{"id", to_base64(credential.id)},
          {"rpId", credential.rp_id},
          {"userId", to_base64(credential.user.id)},
          {"userName", credential.user.name},
          {"userDisplayName", credential.user.display_name},
          {"key", to_base64(credential.key.to_der())},
          {"counter", credential.counter},
          {"resident", credential.resident}};
}

// Throws on what is missing or of another type, as Boost.JSON does; caught in load().
std::string text(const json::object& source, std::string_view name) {
  return json::value_to<std::string>(source.at(name));
}

Result<Bytes> bytes(const json::object& source, std::string_view name) { return from_base64(text(source, name)); }

Result<SoftKey> key(const json::object& source, std::string_view name) {
  KAITO_TRY(const Bytes der, bytes(source, name));
  return SoftKey::from_der(der);
}

Result<SoftCredential> read_credential(const json::object& source) {
  KAITO_TRY(SoftKey private_key, key(source, "key"));
  SoftCredential credential{.rp_id = text(source, "rpId"), .key = std::move(private_key)};
  KAITO_TRY(credential.id, bytes(source, "id"));
  KAITO_TRY(credential.user.id, bytes(source, "userId"));
  credential.user.name = text(source, "userName");
  credential.user.display_name = text(source, "userDisplayName");
  credential.counter = source.at("counter").to_number<std::uint32_t>();
  credential.resident = source.at("resident").as_bool();
  return credential;
}

Result<SoftAuthenticator::State> read_state(const json::object& source) {
  KAITO_TRY(SoftKey ca, key(source, "caKey"));
  KAITO_TRY(Bytes ca_certificate, bytes(source, "caCertificate"));
  KAITO_TRY(SoftKey attestation_key, key(source, "attestationKey"));
  KAITO_TRY(Bytes attestation_certificate, bytes(source, "attestationCertificate"));
  SoftAuthenticator::State state{.ca = std::move(ca),
                                 .ca_certificate = std::move(ca_certificate),
                                 .attestation_key = std::move(attestation_key),
                                 .attestation_certificate = std::move(attestation_certificate)};
  for (const json::value& item : source.at("credentials").as_array()) {
    KAITO_TRY(SoftCredential credential, read_credential(item.as_object()));
    state.credentials.push_back(std::move(credential));
  }
  return state;
}

}  // namespace

Status SoftAuthenticator::save(const std::filesystem::path& path) const {
  json::array credentials;
  for (const SoftCredential& credential : state_->credentials) credentials.emplace_back(to_json(credential));
  const json::object file{{"caKey", to_base64(state_->ca.to_der())},
                          {"caCertificate", to_base64(state_->ca_certificate)},
                          {"attestationKey", to_base64(state_->attestation_key.to_der())},
                          {"attestationCertificate", to_base64(state_->attestation_certificate)},
                          {"credentials", std::move(credentials)}};
  return write_file_atomically(path, as_bytes(json::serialize(file)));
}

Result<SoftAuthenticator> SoftAuthenticator::load(const std::filesystem::path& path) {
  KAITO_TRY(const std::string content, read_file(path, kMaxFileBytes));
  try {
    KAITO_TRY(State state, read_state(json::parse(content).as_object()));
    SoftAuthenticator key;
    *key.state_ = std::move(state);
    return key;
  } catch (const std::exception& error) {
    return fail(Code::invalid_request, fmt::format("soft authenticator state {}: {}", path.string(), error.what()));
  }
}

}  // namespace kaito::test
