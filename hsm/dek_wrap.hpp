// DEKs under an org KEK, in the token; the byte format is docs/formats/wrapped-key.md.
#pragma once

#include "appliance/base/random.hpp"
#include "hsm/session.hpp"
#include "hsm/wrap_methods.hpp"

namespace kaito::hsm {

// What an org KEK must be allowed to do for wrap_dek() and unwrap_dek(), added to the attributes of its object.
AttributeTemplate&& allow_wrapping_deks(AttributeTemplate&& attributes, const WrapMethods& methods);

// `dek` has kDekSize bytes. The blob opens with the same AAD only, and has been opened: a DEK in a blob that does not
// would be lost (hsm_unavailable).
TokenResult<Bytes> wrap_dek(Session& session, ObjectHandle org_kek, const WrapMethods& methods, ByteView dek,
                            ByteView aad, Random& random);

// `dek` has kDekSize bytes, which are zero unless all is right. A blob that was altered, or made with another AAD, is a
// data_error; hsm_unsupported: the blob is of a scheme that this token does not have.
TokenOutcome unwrap_dek(Session& session, ObjectHandle org_kek, const WrapMethods& methods, ByteView blob, ByteView aad,
                        std::span<std::uint8_t> dek);

}  // namespace kaito::hsm
