// An org KEK that is an RSA pair in a customer's token, and DEKs under it; the byte format is
// docs/formats/wrapped-key.md. The public half wraps for anybody who knows it, so a wrapped DEK counts only with a MAC
// under a secret that is made when the key is taken up and is kept wrapped by the pair itself: the binding.
#pragma once

#include "appliance/base/random.hpp"
#include "appliance/base/secret.hpp"
#include "hsm/oaep_public_key.hpp"
#include "hsm/session.hpp"

namespace kaito::hsm {

// Whether a blob, a binding or a wrapped DEK, says that it is of an RSA pair.
bool is_oaep(ByteView blob) noexcept;

class OaepKek {
 public:
  // A pair that is taken up: a new secret, and the binding that keeps it, which opens with the same AAD only and has
  // been opened. `name` is how a refusal names the key. hsm_key_rejected: what the token says of the key's modulus is
  // missing or will not do (OaepPublicKey). hsm_unavailable: the private key does not open what was wrapped for it.
  static TokenResult<OaepKek> bind(Session& session, ObjectHandle private_key, std::string_view name, ByteView aad,
                                   Random& random, Bytes& binding);
  // A data_error: the binding was altered, made with another AAD, or for another key.
  static TokenResult<OaepKek> open(Session& session, ObjectHandle private_key, std::string_view name, ByteView binding,
                                   ByteView aad);

  // As wrap_dek() and unwrap_dek(). A blob is given to the token only when its MAC is right: nobody learns by what the
  // token says of blobs of their own making.
  TokenResult<Bytes> wrap(Session& session, ByteView dek, ByteView aad) const;
  TokenOutcome unwrap(Session& session, ByteView blob, ByteView aad, std::span<std::uint8_t> dek) const;

 private:
  using BindingSecret = Secret<struct BindingSecretTag>;
  OaepKek(ObjectHandle private_key, OaepPublicKey public_key, BindingSecret secret)
      : private_key_(private_key), public_key_(std::move(public_key)), secret_(std::move(secret)) {}
  ObjectHandle private_key_;
  OaepPublicKey public_key_;
  BindingSecret secret_;
};

}  // namespace kaito::hsm
