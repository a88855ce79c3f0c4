#include "hsm/canary.hpp"

#include "hsm/protocol/wrapped_dek.hpp"

namespace kaito::hsm {
namespace {

// Not secret: it protects nothing.
constexpr ByteArray<kDekSize> kSong{'k', 'a', 'i', 't', 'o', ' ', 'c', 'a', 'n', 'a', 'r', 'y'};

constexpr std::string_view kName = "kaito-canary";  // of nothing

}  // namespace

TokenResult<Canary> Canary::create(Session& session, const WrapMethods& methods, Random& random) {
  if (methods.dek == WrapScheme::rsa_oaep) return Canary(OwnedObject(), methods);
  Mechanism generation(CKM_AES_KEY_GEN);
  KAITO_TRY(const ObjectHandle key,
            session.generate_key(generation.get(), allow_wrapping_deks(AttributeTemplate()
                                                                           .number(CKA_VALUE_LEN, kDekSize)
                                                                           .flag(CKA_TOKEN, false)
                                                                           .flag(CKA_PRIVATE, true)
                                                                           .flag(CKA_SENSITIVE, true),
                                                                       methods)));
  Canary canary(OwnedObject(session, key), methods);
  KAITO_TRY(canary.wrapped_, wrap_dek(session, key, methods, kSong, {}, random));
  return canary;
}

TokenOutcome Canary::wrap_again(Session& session, Random& random) const {
  KAITO_CHECK(wrap_dek(session, key_.handle(), methods_, kSong, {}, random));
  return {};
}

TokenOutcome Canary::sing(Session& session) const {
  if (methods_.dek == WrapScheme::rsa_oaep) {
    KAITO_CHECK(session.find(AttributeTemplate().text(CKA_LABEL, kName)));
    return {};
  }
  ByteArray<kDekSize> dek{};
  KAITO_CHECK(unwrap_dek(session, key_.handle(), methods_, wrapped_, {}, dek));
  if (dek == kSong) return {};
  return fail(Failure(Error{.code = Code::hsm_key_rejected, .detail = "known answer: the canary's DEK is wrong"}));
}

}  // namespace kaito::hsm
