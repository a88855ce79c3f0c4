// What a key in the token must be like before it is used (F15).
#pragma once

#include <string_view>

#include "hsm/session.hpp"

namespace kaito::hsm {

// Refusals are Code::hsm_key_rejected and name `key` and the attribute.
TokenOutcome check_platform_kek(Session& session, ObjectHandle kek, std::string_view key);
TokenOutcome check_platform_private_key(Session& session, ObjectHandle private_key, std::string_view key);
// An org KEK that lives in a customer's token. `natively`: DEKs go through C_WrapKey there (WrapMethods). Whether it
// has ever been extractable is the customer's to know: they may have made it elsewhere.
TokenOutcome check_customer_kek(Session& session, ObjectHandle kek, std::string_view key, bool natively);
// The same where it is an RSA pair. Its size is for OaepPublicKey to judge. `may_sign`: the token leaves no choice.
TokenOutcome check_customer_private_key(Session& session, ObjectHandle private_key, std::string_view key,
                                        bool may_sign);
TokenOutcome check_audit_secret(Session& session, ObjectHandle secret, std::string_view key);
TokenOutcome check_audit_private_key(Session& session, ObjectHandle private_key, std::string_view key);

// CKA_ID holds a version, 4 bytes big-endian.
Bytes key_id(std::uint32_t version);
TokenResult<std::uint32_t> version_of(Session& session, ObjectHandle object, std::string_view label);

}  // namespace kaito::hsm
