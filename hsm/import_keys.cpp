#include "hsm/import_keys.hpp"

namespace kaito::hsm {
namespace {

constexpr CK_ULONG kImportModulusBits = 4096;
constexpr CK_ULONG kSmallerModulusBits = 3072;

AttributeTemplate one_time_key() {
  return AttributeTemplate()
      .number(CKA_CLASS, CKO_SECRET_KEY)
      .number(CKA_KEY_TYPE, CKK_AES)
      .flag(CKA_TOKEN, false)
      .flag(CKA_PRIVATE, true)
      .flag(CKA_SENSITIVE, true);
}

// hsm_unsupported: how long an unwrapped key is, or which one it is, could never be known. SoftHSM tells neither, but
// the size of an AES key wrap tells the one and a single AES block the other.
TokenOutcome can_be_examined(Session& session, const WrapMethods& methods, ObjectHandle unwrapped) {
  KAITO_TRY(const auto size, session.number(unwrapped, CKA_VALUE_LEN));
  if (size.value_or(0) == 0 && methods.org_kek == WrapScheme::rsa_oaep)
    return fail(Failure(Error{.code = Code::hsm_unsupported,
                              .detail = "the token does not tell the size of a key that it has unwrapped"}));
  if (methods.blocks != 0) return {};
  KAITO_TRY(const auto check_value, session.bytes(unwrapped, CKA_CHECK_VALUE));
  if (check_value && check_value->size() == kCheckValueSize) return {};
  return fail(Failure(Error{.code = Code::hsm_unsupported,
                            .detail = "the token does not tell the check value of a key that it has unwrapped"}));
}

// Whether the pair wraps and unwraps with the hash. A token that fails vaguely at either is taken to be without it.
TokenResult<bool> does(Session& session, const WrapMethods& methods, const PlatformKey& pair, OaepHash hash) {
  Mechanism generation(CKM_AES_KEY_GEN);
  KAITO_TRY(
      const ObjectHandle handle,
      session.generate_key(generation.get(), one_time_key().number(CKA_VALUE_LEN, 32).flag(CKA_EXTRACTABLE, true)));
  const OwnedObject key(session, handle);
  OaepMechanism oaep(hash);
  const auto may_pass = [](const Failure& failure) {
    return failure.kind != ReturnClass::fatal && failure.kind != ReturnClass::data_error;
  };
  auto wrapped = session.wrap(oaep.get(), pair.wrapping, key.handle());
  if (!wrapped && may_pass(wrapped.error())) return fail(std::move(wrapped).error());
  if (!wrapped) return false;
  auto unwrapped = session.unwrap(oaep.get(), pair.unwrapping, *wrapped, one_time_key().flag(CKA_ENCRYPT, true));
  if (!unwrapped && may_pass(unwrapped.error())) return fail(std::move(unwrapped).error());
  if (!unwrapped) return false;
  const OwnedObject again(session, *unwrapped);
  KAITO_CHECK(can_be_examined(session, methods, again.handle()));
  return true;
}

}  // namespace

TokenResult<ImportKeys> ImportKeys::find(Session& session) {
  KAITO_TRY(PlatformKeks pairs, PlatformKeks::find(session, kLabel));
  for (const KeyVersion version : pairs.versions()) {
    KAITO_TRY(const PlatformKey key, pairs.at(version));
    if (!key.is_pair)
      return fail(Failure(Error{.code = Code::hsm_key_rejected,
                                .detail = fmt::format("{} version {}: is not an RSA pair", kLabel, version)}));
  }
  return ImportKeys(std::move(pairs));
}

TokenOutcome ImportKeys::create(Session& session, KeyVersion version) {
  auto made = pairs_.create_pair(session, version, kImportModulusBits);
  if (made || made.error().error.code != Code::hsm_unsupported) return made;
  return pairs_.create_pair(session, version, kSmallerModulusBits);
}

TokenResult<std::size_t> ImportKeys::destroy(Session& session, KeyVersion version) {
  hashes_.erase(version);
  return pairs_.destroy(session, version);
}

TokenResult<OaepHash> ImportKeys::hash_of(Session& session, const WrapMethods& methods, KeyVersion version) {
  if (const auto known = hashes_.find(version); known != hashes_.end()) return known->second;
  KAITO_TRY(const PlatformKey pair, pairs_.at(version));
  // It must say no twice: what it fails to do once, it would be taken to be without until the next start.
  for (const OaepHash hash : {OaepHash::sha256, OaepHash::sha256, OaepHash::sha1, OaepHash::sha1}) {
    KAITO_TRY(const bool works, does(session, methods, pair, hash));
    if (!works) continue;
    hashes_.emplace(version, hash);
    return hash;
  }
  return fail(Failure(Error{.code = Code::hsm_unsupported,
                            .detail = "the token unwraps by CKM_RSA_PKCS_OAEP neither with SHA-256 nor with SHA-1"}));
}

TokenResult<WrappingKey> ImportKeys::describe(Session& session, const WrapMethods& methods, KeyVersion version) {
  KAITO_TRY(const PlatformKey pair, pairs_.at(version));
  KAITO_TRY(auto modulus, session.bytes(pair.wrapping, CKA_MODULUS));
  KAITO_TRY(auto exponent, session.bytes(pair.wrapping, CKA_PUBLIC_EXPONENT));
  if (!modulus || modulus->empty() || !exponent || exponent->empty())
    return fail(Failure(Error{.code = Code::hsm_key_rejected,
                              .detail = fmt::format("{} version {}: no public half can be read", kLabel, version)}));
  KAITO_TRY(const OaepHash hash, hash_of(session, methods, version));
  return WrappingKey{.version = version,
                     .modulus = *std::move(modulus),
                     .public_exponent = *std::move(exponent),
                     .hash = hash,
                     .takes_aes_key_wrap = methods.key_wrap_pad != 0};
}

TokenOutcome ImportKeys::check(Session& session, const WrapMethods& methods, const KeyToImportView& key) {
  KAITO_CHECK(pairs_.at(key.wrapping_version));
  KAITO_CHECK(hash_of(session, methods, key.wrapping_version));
  if (key.mechanism == ImportMechanism::rsa_oaep || methods.key_wrap_pad != 0) return {};
  return fail(Failure(Error{.code = Code::hsm_unsupported, .detail = "the token has no AES key wrap with padding"}));
}

TokenResult<OwnedObject> ImportKeys::unwrap(Session& session, const WrapMethods& methods, const KeyToImportView& key,
                                            AttributeTemplate (*attributes)(const WrapMethods&)) {
  KAITO_TRY(const PlatformKey pair, pairs_.at(key.wrapping_version));
  KAITO_TRY(const OaepHash hash, hash_of(session, methods, key.wrapping_version));
  OaepMechanism oaep(hash);
  if (key.mechanism == ImportMechanism::rsa_oaep) {
    KAITO_TRY(const ObjectHandle object, session.unwrap(oaep.get(), pair.unwrapping, key.wrapped, attributes(methods)));
    return OwnedObject(session, object);
  }
  // CKM_RSA_AES_KEY_WRAP in its two steps (PKCS#11 v2.40 §2.1.21): what few tokens do in one call, more do in two, and
  // the one-time key stays in the token between them.
  KAITO_CHECK(check(session, methods, key));
  KAITO_TRY(const auto modulus, session.bytes(pair.wrapping, CKA_MODULUS));
  const std::size_t head = modulus ? modulus->size() : 0;
  if (head == 0 || key.wrapped.size() <= head)
    return fail(refused_data(fmt::format("{} bytes are no RSA-AES key wrap", key.wrapped.size())));
  KAITO_TRY(const ObjectHandle first, session.unwrap(oaep.get(), pair.unwrapping, key.wrapped.first(head),
                                                     one_time_key().flag(CKA_UNWRAP, true)));
  const OwnedObject one_time(session, first);
  Mechanism padded(methods.key_wrap_pad);
  KAITO_TRY(const ObjectHandle object,
            session.unwrap(padded.get(), one_time.handle(), key.wrapped.subspan(head), attributes(methods)));
  return OwnedObject(session, object);
}

}  // namespace kaito::hsm
