// An org KEK in use: a key in the token by which DEKs are wrapped and unwrapped, whatever kind it is, and counted.
#pragma once

#include <optional>

#include "appliance/base/ids.hpp"
#include "appliance/base/random.hpp"
#include "hsm/oaep_kek.hpp"
#include "hsm/protocol/token_status.hpp"
#include "hsm/session.hpp"
#include "hsm/wrap_methods.hpp"

namespace kaito::hsm {

struct LoadedOrgKek {
  ObjectHandle key;
  OwnedObject owned;  // the same, where it is to be destroyed with this; a customer's token object is not
  KeyVersion platform_version = 0;
  std::optional<OaepKek> pair{};  // where `key` is the private half of an RSA pair
  OrgKekUse use{};

  // As wrap_dek() and unwrap_dek() in hsm/dek_wrap.hpp, and counted before the token is asked: an invocation that
  // fails may still have used its IV.
  TokenResult<Bytes> wrap(Session& session, const WrapMethods& methods, ByteView dek, ByteView aad, Random& random);
  TokenOutcome unwrap(Session& session, const WrapMethods& methods, ByteView blob, ByteView aad,
                      std::span<std::uint8_t> dek);
};

}  // namespace kaito::hsm
