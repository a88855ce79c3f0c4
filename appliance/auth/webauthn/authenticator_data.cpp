#include "appliance/auth/webauthn/authenticator_data.hpp"

#include "appliance/auth/webauthn/reason.hpp"
#include "appliance/auth/webauthn/response_json.hpp"

namespace kaito::webauthn {
namespace {

constexpr std::size_t kHeaderBytes = 37;  // rpIdHash 32, flags 1, signCount 4

std::unexpected<Error> too_short() { return refuse(Reason::auth_data, "ends too early"); }

// A canonical CBOR map at the front of `rest`, which is moved past it.
Result<cbor::Value> take_map(ByteView& rest, std::string_view what) {
  auto value = cbor::decode_first(rest, cbor::KeyOrder::canonical);
  if (!value) return refuse(Reason::cbor, fmt::format("{}: {}", what, value.error().detail));
  if (!value->is(cbor::Type::map)) return refuse(Reason::auth_data, fmt::format("{} is not a map", what));
  rest = rest.subspan(value->encoded.size());
  return *std::move(value);
}

Result<AttestedCredential> take_credential(ByteView& rest) {
  ByteReader reader(rest);
  AttestedCredential credential;
  const auto aaguid = reader.take(credential.aaguid.size());
  if (!aaguid) return too_short();
  std::ranges::copy(*aaguid, credential.aaguid.begin());
  const auto length = reader.u16();
  if (!length) return too_short();
  if (*length == 0 || *length > kMaxCredentialIdBytes)
    return refuse(Reason::auth_data, fmt::format("credential id of {} bytes", *length));
  const auto id = reader.take(*length);
  if (!id) return too_short();
  credential.credential_id = *id;
  rest = rest.last(reader.remaining());
  KAITO_TRY(credential.cose_key, take_map(rest, "credential public key"));
  return credential;
}

}  // namespace

Result<AuthenticatorData> parse_authenticator_data(ByteView bytes) {
  if (bytes.size() < kHeaderBytes) return too_short();
  if (bytes.size() > kMaxAuthenticatorDataBytes) return refuse(Reason::auth_data, "too long");
  AuthenticatorData data{.raw = bytes};
  std::ranges::copy(bytes.first(32), data.rp_id_hash.begin());
  data.flags = bytes[32];
  for (const std::uint8_t byte : bytes.subspan(33, 4)) data.sign_count = data.sign_count << 8 | byte;

  ByteView rest = bytes.subspan(kHeaderBytes);
  if (data.has(kFlagAt)) {
    KAITO_TRY(data.credential, take_credential(rest));
  }
  if (data.has(kFlagEd)) {
    KAITO_TRY(data.extensions, take_map(rest, "extensions"));
  }
  if (!rest.empty()) return refuse(Reason::auth_data, fmt::format("{} bytes that no flag announces", rest.size()));
  return data;
}

}  // namespace kaito::webauthn
