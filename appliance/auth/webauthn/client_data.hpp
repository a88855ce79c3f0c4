// CollectedClientData (L3 §5.8.1): what the browser says it asked the authenticator to sign.
#pragma once

#include <string_view>

#include "appliance/auth/webauthn/relying_party.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn {

inline constexpr std::string_view kTypeCreate = "webauthn.create";
inline constexpr std::string_view kTypeGet = "webauthn.get";

// Steps 5 to 11 of §7.1 and 8 to 14 of §7.2, which are the same but for `type`. Refusals carry the Reason.
// Stricter than L3, which leaves the JSON parser open: duplicate members and nesting over 16 are refused.
Status check_client_data(ByteView client_data_json, std::string_view type, const RelyingParty& rp, const Policy& policy,
                         ByteView challenge);

// The serialization of L3 §5.8.1.1, for clients without a browser and for tests. crossOrigin is false.
std::string client_data_json(std::string_view type, ByteView challenge, std::string_view origin);

// Hash of the serialized client data, SHA-256.
ByteArray<32> client_data_hash(ByteView client_data_json);

}  // namespace kaito::webauthn
