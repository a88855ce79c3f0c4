// DEKs under an org KEK, in the token; the byte format is docs/formats/wrapped-key.md.
#pragma once

#include "appliance/base/random.hpp"
#include "hsm/session.hpp"
#include "hsm/wrap_scheme.hpp"

namespace kaito::hsm {

// `dek` has kDekSize bytes. The blob opens with the same AAD only, and has been opened: a DEK in a blob that does not
// would be lost (hsm_unavailable).
TokenResult<Bytes> wrap_dek(Session& session, ObjectHandle org_kek, WrapScheme scheme, ByteView dek, ByteView aad,
                            Random& random);

// `dek` has kDekSize bytes, which stay zero unless all is right. A blob that was altered, or made with another AAD, is
// a data_error.
TokenOutcome unwrap_dek(Session& session, ObjectHandle org_kek, ByteView blob, ByteView aad,
                        std::span<std::uint8_t> dek);

}  // namespace kaito::hsm
