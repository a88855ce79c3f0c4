#include "appliance/auth/webauthn/client_data.hpp"

#include <openssl/sha.h>

#include "appliance/auth/webauthn/client_data_members.hpp"
#include "appliance/auth/webauthn/reason.hpp"
#include "appliance/auth/webauthn/response_json.hpp"
#include "appliance/base/json_text.hpp"

namespace kaito::webauthn {
namespace {

const std::string* text_member(const Members& members, std::string_view name) {
  const auto found = members.find(name);
  return found == members.end() ? nullptr : std::get_if<std::string>(&found->second);
}

// "UTF-8 decode" (WHATWG Encoding §6) drops one byte order mark.
ByteView without_byte_order_mark(ByteView text) {
  constexpr std::array<std::uint8_t, 3> kMark{0xef, 0xbb, 0xbf};
  return text.size() >= 3 && std::ranges::equal(text.first(3), kMark) ? text.subspan(3) : text;
}

// §7.1 steps 10 and 11, §7.2 steps 13 and 14.
Status check_frame(const Members& members, const Policy& policy) {
  bool framed = false;
  if (const auto cross = members.find("crossOrigin"); cross != members.end()) {
    const bool* value = std::get_if<bool>(&cross->second);
    if (!value) return refuse(Reason::cross_origin, "crossOrigin is not a boolean");
    framed = *value;
  }
  if (members.contains("topOrigin")) {
    if (!text_member(members, "topOrigin")) return refuse(Reason::cross_origin, "topOrigin is not a string");
    framed = true;
  }
  if (framed && !policy.allow_cross_origin) return refuse(Reason::cross_origin, "made in a frame of another origin");
  return {};
}

}  // namespace

Status check_client_data(ByteView json, std::string_view type, const RelyingParty& rp, const Policy& policy,
                         ByteView challenge) {
  if (challenge.empty()) return fail(Code::internal, "webauthn: verification needs the issued challenge");
  if (json.size() > kMaxClientDataBytes) return refuse(Reason::client_data, "clientDataJSON is too long");

  // §7.1 steps 5 and 6, §7.2 steps 8 and 9.
  const auto members = parse_members(without_byte_order_mark(json));
  if (!members) return refuse(Reason::client_data, members.error().detail);

  // §7.1 step 7, §7.2 step 10.
  const std::string* given_type = text_member(*members, "type");
  if (!given_type || *given_type != type) return refuse(Reason::type, fmt::format("type is not {}", type));

  // §7.1 step 8, §7.2 step 11. Compared as text: padding or stray bits in the last character are not the encoding.
  const std::string* given_challenge = text_member(*members, "challenge");
  if (!given_challenge || *given_challenge != to_base64url(challenge))
    return refuse(Reason::challenge, "not the challenge of this ceremony");

  // §7.1 step 9, §7.2 step 12. Serialized origins are compared byte for byte (§13.4.9).
  const std::string* origin = text_member(*members, "origin");
  if (!origin || std::ranges::find(rp.origins, *origin) == rp.origins.end())
    return refuse(Reason::origin, "not an origin of this appliance");

  return check_frame(*members, policy);
}

std::string client_data_json(std::string_view type, ByteView challenge, std::string_view origin) {
  std::string out;
  JsonObjectWriter writer(out);
  writer.text("type", type);
  writer.text("challenge", to_base64url(challenge));
  writer.text("origin", origin);
  writer.boolean("crossOrigin", false);
  writer.close();
  return out;
}

ByteArray<32> client_data_hash(ByteView json) {
  ByteArray<32> hash{};
  SHA256(json.data(), json.size(), hash.data());
  return hash;
}

}  // namespace kaito::webauthn
