#include "tests/fakes/soft_authenticator/ctap2.hpp"

#include "appliance/auth/webauthn/cbor.hpp"
#include "appliance/auth/webauthn/cbor_writer.hpp"
#include "tests/fakes/soft_authenticator/hmac_secret.hpp"
#include "tests/fakes/soft_authenticator/soft_ceremony.hpp"

namespace kaito::test {
namespace {

using webauthn::cbor::Type;
using webauthn::cbor::Value;
using webauthn::cbor::Writer;

constexpr std::uint8_t kMakeCredential = 0x01;
constexpr std::uint8_t kGetAssertion = 0x02;
constexpr std::uint8_t kGetInfo = 0x04;
constexpr std::uint8_t kClientPin = 0x06;
constexpr std::int64_t kMaxMsgSize = 7609;  // what CTAPHID can carry

std::string text_of(const Value* value) {
  return value && value->is(Type::text) ? std::string(*value->text()) : std::string();
}
Bytes bytes_of(const Value* value) {
  return value && value->is(Type::bytes) ? Bytes(value->content.begin(), value->content.end()) : Bytes();
}
bool option(const Value& parameters, std::int64_t label, std::string_view name) {
  const Value* options = parameters.find(label);
  const Value* found = options ? options->find(name) : nullptr;
  return found && found->is(Type::simple) && found->argument == 21;
}

std::vector<Bytes> descriptor_ids(const Value* list) {
  std::vector<Bytes> ids;
  if (list && list->is(Type::array))
    for (const Value& item : list->items) ids.push_back(bytes_of(item.find("id")));
  return ids;
}

// Was the user verified, by PIN or by the built-in reader? The labels differ between the two commands.
CtapResult<bool> user_verification(const SoftAuthenticator::State& state, const Behaviour& behaviour,
                                   const Value& parameters, ByteView hash, std::int64_t options_label) {
  const Value* authenticator = parameters.find(options_label + 1);
  const bool uv = option(parameters, options_label, "uv");
  if (!behaviour.pin) return uv;
  if (authenticator) {
    if (state.pin.verifies(authenticator->content, hash)) return true;
    return std::unexpected(CtapStatus::pin_auth_invalid);
  }
  if (uv) return std::unexpected(behaviour.reader_locked ? CtapStatus::uv_blocked : CtapStatus::invalid_option);
  return false;
}

Bytes get_info(const Behaviour& behaviour) {
  Writer writer;
  writer.map(7)
      .integer(1)
      .array(1)
      .text("FIDO_2_0")
      .integer(2)
      .array(1)
      .text("hmac-secret")
      .integer(3)
      .bytes(SoftAuthenticator::kAaguid);
  const bool reader = !behaviour.pin || behaviour.reader_locked;
  writer.integer(4)
      .map(3 + (reader ? 1U : 0U) + (behaviour.pin ? 1U : 0U))
      .text("rk")
      .boolean(true)
      .text("up")
      .boolean(true);
  if (reader) writer.text("uv").boolean(true);
  writer.text("plat").boolean(false);
  if (behaviour.pin) writer.text("clientPin").boolean(true);
  writer.integer(5).integer(kMaxMsgSize).integer(6).array(1).integer(1);
  writer.integer(10).array(1).map(2).text("alg").integer(webauthn::kEs256).text("type").text("public-key");
  return reply_with(writer);
}

Bytes handle_make(SoftAuthenticator::State& state, const Behaviour& behaviour, const Value& parameters) {
  const Bytes hash = bytes_of(parameters.find(1));
  const Value* rp = parameters.find(2);
  const Value* user = parameters.find(3);
  const Value* algorithms = parameters.find(4);
  if (hash.size() != 32 || !rp || !user || !algorithms || !algorithms->is(Type::array))
    return status_only(CtapStatus::missing_parameter);
  const auto verified = user_verification(state, behaviour, parameters, hash, 7);
  if (!verified) return status_only(verified.error());
  if (behaviour.pin && !*verified) return status_only(CtapStatus::pin_required);

  MakeRequest request{.client_data_hash = hash,
                      .rp_id = text_of(rp->find("id")),
                      .user = {.id = bytes_of(user->find("id")),
                               .name = text_of(user->find("name")),
                               .display_name = text_of(user->find("displayName"))},
                      .algorithms = {},
                      .exclude = descriptor_ids(parameters.find(5)),
                      .resident = option(parameters, 7, "rk"),
                      .verify_user = *verified,
                      .hmac_secret = asks_for_hmac_secret(parameters.find(6))};
  for (const Value& item : algorithms->items) {
    const Value* alg = item.find("alg");
    if (alg) request.algorithms.push_back(static_cast<int>(alg->integer().value_or(0)));
  }
  const auto made = make_credential(state, behaviour, request);
  if (!made) return status_only(made.error());
  Writer writer;
  writer.map(3).integer(1).text(made->format).integer(2).bytes(made->auth_data).integer(3).raw(made->statement);
  return reply_with(writer);
}

Bytes handle_get(SoftAuthenticator::State& state, const Behaviour& behaviour, const Value& parameters) {
  const Bytes hash = bytes_of(parameters.find(2));
  if (hash.size() != 32 || !parameters.find(1)) return status_only(CtapStatus::missing_parameter);
  const auto verified = user_verification(state, behaviour, parameters, hash, 5);
  if (!verified) return status_only(verified.error());
  const auto made = get_assertion(state, behaviour,
                                  {.client_data_hash = hash,
                                   .rp_id = text_of(parameters.find(1)),
                                   .allow = descriptor_ids(parameters.find(3)),
                                   .verify_user = *verified,
                                   .extensions = parameters.find(4)});
  if (!made) return status_only(made.error());
  Writer writer;
  writer.map(4).integer(1).map(2).text("id").bytes(made->id).text("type").text("public-key");
  writer.integer(2).bytes(made->auth_data).integer(3).bytes(made->signature);
  writer.integer(4).map(1).text("id").bytes(made->user_id);
  return reply_with(writer);
}

}  // namespace

Bytes handle_ctap2(SoftAuthenticator::State& state, Behaviour& behaviour, ByteView request) {
  if (request.empty()) return status_only(CtapStatus::invalid_cbor);
  if (request[0] == kGetInfo) return get_info(behaviour);
  const auto parameters = webauthn::cbor::decode(request.subspan(1), webauthn::cbor::KeyOrder::any);
  if (!parameters) return status_only(CtapStatus::invalid_cbor);
  switch (request[0]) {
    case kMakeCredential: return handle_make(state, behaviour, *parameters);
    case kGetAssertion: return handle_get(state, behaviour, *parameters);
    case kClientPin: return state.pin.handle(*parameters, behaviour);
    default: return status_only(CtapStatus::invalid_command);
  }
}

}  // namespace kaito::test
