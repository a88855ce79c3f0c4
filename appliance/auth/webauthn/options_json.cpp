#include "appliance/auth/webauthn/options_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "appliance/auth/webauthn/json_fields.hpp"
#include "appliance/auth/webauthn/response_json.hpp"

namespace kaito::webauthn {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxRpIdBytes = 253;  // a domain name
constexpr std::size_t kMaxNameBytes = 1024;
constexpr std::size_t kMaxChallengeBytes = 1024;
constexpr std::size_t kMaxDescriptors = 256;
constexpr std::int64_t kMaxTimeoutMs = 10 * 60 * 1000;

std::string_view to_text(UserVerification uv) { return uv == UserVerification::required ? "required" : "preferred"; }

json::array descriptors_json(const std::vector<CredentialDescriptor>& descriptors) {
  json::array list;
  for (const CredentialDescriptor& descriptor : descriptors) {
    json::object item{{"type", "public-key"}, {"id", to_base64url(descriptor.id)}};
    if (!descriptor.transports.empty()) {
      json::array transports;
      for (const std::string& transport : descriptor.transports) transports.emplace_back(transport);
      item.emplace("transports", std::move(transports));
    }
    list.emplace_back(std::move(item));
  }
  return list;
}

Result<std::vector<CredentialDescriptor>> read_descriptors(const JsonFields& options, std::string_view name) {
  std::vector<CredentialDescriptor> descriptors;
  const json::value* list = options.optional(name);
  if (!list) return descriptors;
  if (!list->is_array() || list->get_array().size() > kMaxDescriptors)
    return fail_invalid(options.path_of(name),
                        fmt::format("must be a list of at most {} credentials", kMaxDescriptors));
  for (const json::value& item : list->get_array()) {
    KAITO_TRY(const JsonFields fields, JsonFields::of(item, options.path_of(name)));
    CredentialDescriptor descriptor;
    KAITO_TRY(descriptor.id, fields.bytes("id", kMaxCredentialIdBytes));
    KAITO_TRY(descriptor.transports, read_transports(fields));
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

// Anything but "required" is taken as "preferred", the default (L3 §5.4.4).
UserVerification read_uv(const JsonFields& fields) {
  const json::value* found = fields.optional("userVerification");
  return found && *found == "required" ? UserVerification::required : UserVerification::preferred;
}

Result<Milliseconds> read_timeout(const JsonFields& options) {
  const json::value* found = options.optional("timeout");
  if (!found) return kCeremonyTimeout;
  if (!found->is_int64() || found->get_int64() < 1 || found->get_int64() > kMaxTimeoutMs)
    return fail_invalid("timeout", fmt::format("must be 1 to {} ms", kMaxTimeoutMs));
  return Milliseconds(found->get_int64());
}

Result<std::vector<int>> read_algorithms(const JsonFields& options) {
  const json::value* list = options.optional("pubKeyCredParams");
  if (!list || !list->is_array() || list->get_array().empty() || list->get_array().size() > kMaxDescriptors)
    return fail_invalid("pubKeyCredParams", "must be a list of algorithms");
  std::vector<int> algorithms;
  for (const json::value& item : list->get_array()) {
    KAITO_TRY(const JsonFields parameters, JsonFields::of(item, "pubKeyCredParams"));
    const json::value* alg = parameters.optional("alg");
    if (!alg || !alg->is_int64() || !std::in_range<int>(alg->get_int64()))
      return fail_invalid("pubKeyCredParams.alg", "must be a COSE algorithm identifier");
    algorithms.push_back(static_cast<int>(alg->get_int64()));
  }
  return algorithms;
}

}  // namespace

json::object creation_options_json(const CreationOptions& options) {
  json::array parameters;
  for (const int algorithm : options.algorithms)
    parameters.emplace_back(json::object{{"type", "public-key"}, {"alg", algorithm}});
  const std::string_view resident_key = options.resident_key ? "required" : "discouraged";
  return {{"rp", {{"id", options.rp.id}, {"name", options.rp_name}}},
          {"user",
           {{"id", to_base64url(options.user.id)},
            {"name", options.user.name},
            {"displayName", options.user.display_name}}},
          {"challenge", to_base64url(options.challenge)},
          {"pubKeyCredParams", std::move(parameters)},
          {"timeout", options.timeout.count()},
          {"excludeCredentials", descriptors_json(options.exclude)},
          {"authenticatorSelection",
           {{"residentKey", resident_key},
            {"requireResidentKey", options.resident_key},
            {"userVerification", to_text(options.uv)}}},
          {"attestation", options.attestation_wanted ? "direct" : "none"}};
}

json::object request_options_json(const RequestOptions& options) {
  return {{"challenge", to_base64url(options.challenge)},
          {"timeout", options.timeout.count()},
          {"rpId", options.rp_id},
          {"allowCredentials", descriptors_json(options.allow)},
          {"userVerification", to_text(options.uv)}};
}

Result<CreationOptions> parse_creation_options(const json::value& value) {
  KAITO_TRY(const JsonFields options, JsonFields::of(value, ""));
  CreationOptions parsed;
  KAITO_TRY(const JsonFields rp, options.object("rp"));
  KAITO_TRY(parsed.rp.id, rp.text("id", kMaxRpIdBytes));
  KAITO_TRY(parsed.rp_name, rp.text("name", kMaxNameBytes));
  KAITO_TRY(const JsonFields user, options.object("user"));
  KAITO_TRY(parsed.user.id, user.bytes("id", kMaxUserHandleBytes));
  KAITO_TRY(parsed.user.name, user.text("name", kMaxNameBytes));
  KAITO_TRY(parsed.user.display_name, user.text("displayName", kMaxNameBytes));
  KAITO_TRY(parsed.challenge, options.bytes("challenge", kMaxChallengeBytes));
  KAITO_TRY(parsed.algorithms, read_algorithms(options));
  KAITO_TRY(parsed.exclude, read_descriptors(options, "excludeCredentials"));
  KAITO_TRY(parsed.timeout, read_timeout(options));
  parsed.uv = UserVerification::preferred;
  if (options.optional("authenticatorSelection")) {
    KAITO_TRY(const JsonFields selection, options.object("authenticatorSelection"));
    parsed.uv = read_uv(selection);
    const json::value* resident_key = selection.optional("residentKey");
    parsed.resident_key = resident_key && *resident_key == "required";
  }
  const json::value* attestation = options.optional("attestation");
  parsed.attestation_wanted = attestation && *attestation != "none";
  return parsed;
}

Result<RequestOptions> parse_request_options(const json::value& value) {
  KAITO_TRY(const JsonFields options, JsonFields::of(value, ""));
  RequestOptions parsed;
  KAITO_TRY(parsed.rp_id, options.text("rpId", kMaxRpIdBytes));
  KAITO_TRY(parsed.challenge, options.bytes("challenge", kMaxChallengeBytes));
  KAITO_TRY(parsed.allow, read_descriptors(options, "allowCredentials"));
  KAITO_TRY(parsed.timeout, read_timeout(options));
  parsed.uv = read_uv(options);
  return parsed;
}

}  // namespace kaito::webauthn
