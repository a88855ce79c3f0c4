#include "tests/unit/webauthn/vectors.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <cstdlib>

#include "appliance/base/file.hpp"

namespace kaito::webauthn {
namespace {

namespace json = boost::json;

std::string text(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string().c_str(), found->get_string().size()) : "";
}

bool flag(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found && found->is_bool() && found->get_bool();
}

class CaseReader {
 public:
  CaseReader(const json::object& source, const json::object& roots) : source_(source), roots_(roots) {}

  VectorCase read() {
    VectorCase out;
    out.id = text(source_, "id");
    out.is_registration = text(source_, "kind") == "registration";
    read_rp(out);
    read_policy(out.policy);
    const json::object& response = source_.at("response").as_object();
    if (out.is_registration) {
      out.registration = {.id = bytes(response, "id"),
                          .client_data_json = bytes(response, "clientDataJSON"),
                          .attestation_object = bytes(response, "attestationObject")};
    } else {
      out.assertion = {.id = bytes(response, "id"),
                       .client_data_json = bytes(response, "clientDataJSON"),
                       .authenticator_data = bytes(response, "authenticatorData"),
                       .signature = bytes(response, "signature"),
                       .user_handle = optional_bytes(response, "userHandle")};
      read_credential(out.credential);
    }
    const json::object& expected = source_.at("expected").as_object();
    out.expected = text(expected, "profile");
    out.reason = text(expected, expected.contains("profileReason") ? "profileReason" : "reason");
    out.undecodable = undecodable_;
    return out;
  }

 private:
  Bytes bytes(const json::object& object, std::string_view name) {
    auto decoded = from_base64url(text(object, name));
    if (!decoded) {
      undecodable_ = std::string(name);
      return {};
    }
    return *std::move(decoded);
  }

  std::optional<Bytes> optional_bytes(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    if (!found || found->is_null()) return std::nullopt;
    return bytes(object, name);
  }

  void read_rp(VectorCase& out) {
    const json::object& rp = source_.at("rp").as_object();
    out.rp.id = text(rp, "id");
    for (const json::value& origin : rp.at("origins").as_array())
      out.rp.origins.emplace_back(origin.as_string().c_str());
    out.challenge = bytes(rp, "challenge");
  }

  void read_policy(Policy& policy) {
    const json::object& source = source_.at("policy").as_object();
    policy.uv = text(source, "uv") == "required" ? UserVerification::required : UserVerification::preferred;
    policy.attestation = text(source, "attestation") == "trusted" ? Attestation::trusted : Attestation::any;
    policy.allow_backup_eligible = flag(source, "allowBackupEligible");
    policy.allow_cross_origin = flag(source, "allowCrossOrigin");
    if (const json::value* roots = source.if_contains("roots"))
      for (const json::value& name : roots->as_array())
        policy.trusted_roots.push_back(bytes(roots_, name.as_string().c_str()));
    if (const json::value* algorithms = source.if_contains("algs")) {
      policy.algorithms.emplace();
      for (const json::value& number : algorithms->as_array())
        policy.algorithms->push_back(static_cast<int>(number.as_int64()));
    }
    if (const json::value* aaguids = source.if_contains("aaguids")) {
      policy.aaguids.emplace();
      for (const json::value& encoded : aaguids->as_array()) {
        const auto decoded = from_base64url(encoded.as_string().c_str());
        Aaguid aaguid{};
        if (decoded && decoded->size() == aaguid.size()) std::ranges::copy(*decoded, aaguid.begin());
        policy.aaguids->push_back(aaguid);
      }
    }
  }

  void read_credential(StoredCredential& credential) {
    const json::object& source = source_.at("credential").as_object();
    credential.id = bytes(source, "id");
    credential.cose_key = bytes(source, "publicKeyCose");
    credential.sign_count = source.at("signCount").to_number<std::uint32_t>();
    credential.backup_eligible = flag(source, "backupEligible");
    credential.user_handle = optional_bytes(source, "userHandle");
  }

  const json::object& source_;
  const json::object& roots_;
  std::optional<std::string> undecodable_;
};

}  // namespace

std::string vector_file() {
  const char* path = std::getenv("KAITO_WEBAUTHN_VECTORS");  // NOLINT(concurrency-mt-unsafe)
  return path ? path : KAITO_WEBAUTHN_VECTORS_DEFAULT;
}

Result<std::vector<VectorCase>> read_vectors(const std::string& path) {
  KAITO_TRY(const std::string content, read_file(path, 64 * 1024 * 1024));
  try {
    const json::value file = json::parse(content);
    const json::object& top = file.as_object();
    const json::object no_roots;
    const json::value* roots = top.if_contains("roots");
    std::vector<VectorCase> cases;
    for (const json::value& source : top.at("cases").as_array())
      cases.push_back(CaseReader(source.as_object(), roots ? roots->as_object() : no_roots).read());
    return cases;
  } catch (const std::exception& error) {
    return fail(Code::invalid_request, path + ": " + error.what());
  }
}

}  // namespace kaito::webauthn
