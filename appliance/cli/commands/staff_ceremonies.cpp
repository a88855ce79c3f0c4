#include "appliance/cli/commands/staff_ceremonies.hpp"

#include "appliance/auth/webauthn/response_json.hpp"
#include "appliance/cli/fido/fido_key.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

Result<fido_client::FidoKey> open_key(Context& context, const std::string& path) {
  KAITO_TRY(auto device, context.world().open_key(path));
  Terminal& terminal = context.terminal();
  return fido_client::FidoKey(
      std::move(device),
      {.pin = [&terminal](std::optional<int> tries_left) -> Result<Pin> {
         KAITO_TRY(const auto typed,
                   read_secret(terminal, {},
                               tries_left ? fmt::format("PIN of the security key ({} tries left)", *tries_left)
                                          : std::string("PIN of the security key")));
         return Pin::copy_of(typed.expose_secret());
       },
       .touch = [&terminal] { terminal.note("Touch the security key."); }});
}

// What begins a ceremony, as the appliance offered it.
struct Offer {
  json::value ceremony;
  json::value options;
};

Result<Offer> begin(ApiClient& client, std::string_view path, json::value body) {
  KAITO_TRY(auto reply, call_and_wipe(client, "POST", path, std::move(body)));
  auto* object = reply.if_object();
  if (object == nullptr || !object->contains("ceremony") || !object->contains("options"))
    return fail(Code::connection_failed, std::string(path) + " offered no ceremony");
  return Offer{std::move(object->at("ceremony")), std::move(object->at("options"))};
}

}  // namespace

Status enrol_staff_key(Context& context, const EnrolOptions& options) {
  KAITO_TRY(ApiClient* const client, context.anonymous_client());
  KAITO_TRY(const auto token, read_secret(context.terminal(), options.token_file, "Set-up or enrolment token"));
  KAITO_TRY(auto key, open_key(context, options.device));
  json::object request;
  request["token"] = as_text(token.expose_secret());
  if (!options.name.empty()) request["name"] = options.name;
  KAITO_TRY(const Offer offer, begin(*client, "/v1/staff/enrolment", std::move(request)));
  KAITO_TRY(const auto creation, webauthn::parse_creation_options(offer.options));
  KAITO_TRY(const auto response, key.make_credential(creation, client->origin()));
  KAITO_TRY(const auto staff, client->call("POST", "/v1/staff/enrolment/response",
                                           json::object{{"ceremony", offer.ceremony},
                                                        {"label", options.label},
                                                        {"response", webauthn::to_json(response)}}));
  context.show(staff, record(staff.as_object()) + "\nThe key is enrolled: log in with `kaito staff login`.\n");
  return {};
}

Result<webauthn::AssertionResponse> sign_with_key(Context& context, const std::string& device,
                                                  const webauthn::RequestOptions& request, const std::string& origin) {
  KAITO_TRY(auto key, open_key(context, device));
  return key.get_assertion(request, origin);
}

Status log_in_staff(Context& context, const StaffLoginOptions& options) {
  KAITO_TRY(ApiClient* const client, context.anonymous_client());
  KAITO_TRY(auto key, open_key(context, options.device));
  KAITO_TRY(const Offer offer, begin(*client, "/v1/staff/login", json::object{}));
  KAITO_TRY(const auto request, webauthn::parse_request_options(offer.options));
  KAITO_TRY(const auto response, key.get_assertion(request, client->origin()));
  KAITO_CHECK(client->call("POST", "/v1/staff/login/response",
                           json::object{{"ceremony", offer.ceremony}, {"response", webauthn::to_json(response)}}));
  return context.keep_session();
}

}  // namespace kaito::cli
