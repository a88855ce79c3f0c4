// Known-answer tests in the token, run before it serves (F17). Each gives hsm_key_rejected, with the test's name, where
// an answer is wrong or what was spoilt is not refused, and hsm_unsupported where the token does not do what is tested.
//
// A token that takes no keys from outside (FIPS 140 forbids it to many) is tested with a key of its own: that it opens
// what it has made, and nothing spoilt.
#pragma once

#include "hsm/aes_key_wrap.hpp"

namespace kaito::hsm {

TokenOutcome test_gcm(Session& session);
// C_WrapKey and C_UnwrapKey of a key, as org KEKs need them.
TokenOutcome test_key_wrap(Session& session, CK_MECHANISM_TYPE mechanism, KeyWrap kind);
// Keys from outside through C_WrapKey and C_UnwrapKey, as DEKs need them.
TokenOutcome test_wrapping_of_readable_keys(Session& session, CK_MECHANISM_TYPE mechanism);
// Key wrap by single blocks.
TokenOutcome test_key_wrap_by_blocks(Session& session, CK_MECHANISM_TYPE mode);
TokenOutcome test_ed25519(Session& session);

}  // namespace kaito::hsm
