#include "hsm/org_keks.hpp"

#include <sodium.h>

#include "hsm/aes_gcm.hpp"
#include "hsm/wrapped_key.hpp"

namespace kaito::hsm {
namespace {

constexpr ByteArray<kBindingSize - kGcmTagSize> kBindingText{};

std::string cache_key(OrgKekView kek) {
  Bytes key;
  append_u16(key, static_cast<std::uint16_t>(kek.blob.size()));  // at most kMaxBlob
  append(key, kek.blob);
  append(key, kek.aad);
  return std::string(as_text(key));
}

std::string short_hash(ByteView blob) {
  ByteArray<crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), blob.data(), blob.size(), nullptr, 0);
  return to_hex(ByteView(hash).first(8));
}

AttributeTemplate session_key() {
  return AttributeTemplate()
      .number(CKA_CLASS, CKO_SECRET_KEY)
      .number(CKA_KEY_TYPE, CKK_AES)
      .flag(CKA_TOKEN, false)
      .flag(CKA_PRIVATE, true)
      .flag(CKA_SENSITIVE, true);
}

// Whether an unwrapped key may be wrapped again. Only one that is about to be, and is dropped afterwards, may.
enum class Extractable : bool { no, yes };

// The key of a blob as it is used: it encrypts and decrypts.
TokenResult<OwnedObject> unwrap(Session& session, ObjectHandle platform_kek, const WrappedKey& key,
                                Extractable extractable = Extractable::no) {
  Mechanism mechanism(CKM_AES_KEY_WRAP);
  KAITO_TRY(const ObjectHandle object, session.unwrap(mechanism.get(), platform_kek, key.wrapped,
                                                      session_key()
                                                          .flag(CKA_EXTRACTABLE, extractable == Extractable::yes)
                                                          .flag(CKA_ENCRYPT, true)
                                                          .flag(CKA_DECRYPT, true)
                                                          .flag(CKA_WRAP, false)
                                                          .flag(CKA_UNWRAP, false)));
  return OwnedObject(session, object);
}

TokenResult<ByteArray<40>> wrap(Session& session, ObjectHandle platform_kek, ObjectHandle org_kek) {
  Mechanism mechanism(CKM_AES_KEY_WRAP);
  KAITO_TRY(const Bytes wrapped, session.wrap(mechanism.get(), platform_kek, org_kek));
  ByteArray<40> result{};
  if (wrapped.size() != result.size())
    return fail(Failure(Error{.code = Code::hsm_unsupported,
                              .detail = fmt::format("CKM_AES_KEY_WRAP gave {} bytes, not 40", wrapped.size())}));
  std::ranges::copy(wrapped, result.begin());
  return result;
}

TokenResult<ByteArray<40>> generate_and_wrap(Session& session, ObjectHandle platform_kek) {
  Mechanism generation(CKM_AES_KEY_GEN);
  // Extractable for the one wrap that follows, and good for nothing else meanwhile.
  KAITO_TRY(const ObjectHandle object, session.generate_key(generation.get(), session_key()
                                                                                  .number(CKA_VALUE_LEN, kDekSize)
                                                                                  .flag(CKA_EXTRACTABLE, true)
                                                                                  .flag(CKA_ENCRYPT, false)
                                                                                  .flag(CKA_DECRYPT, false)
                                                                                  .flag(CKA_WRAP, false)
                                                                                  .flag(CKA_UNWRAP, false)));
  const OwnedObject fresh(session, object);
  return wrap(session, platform_kek, fresh.handle());
}

TokenOutcome check_binding(Session& session, ObjectHandle org_kek, const WrappedKey& key, ByteView aad) {
  ByteArray<kBindingText.size()> text{};
  KAITO_CHECK(gcm_open(session, org_kek, key.iv, key.binding_aad(aad), key.binding, kGcmTagSize, text));
  if (text != kBindingText)
    return fail(
        Failure({.code = Code::integrity, .detail = "org KEK's binding is of another kind"}, ReturnClass::data_error));
  return {};
}

// What the token has just made itself cannot be a caller's bad data: a data error then is the token's failure.
template <class T>
TokenResult<T> own_work(TokenResult<T> result) {
  if (result || result.error().kind != ReturnClass::data_error) return result;
  return fail(
      Failure(Error{.code = Code::hsm_unavailable,
                    .detail = "the token cannot open what it has just wrapped: " + result.error().error.detail}));
}

TokenOutcome seal_binding(Session& session, ObjectHandle org_kek, WrappedKey& key, ByteView aad) {
  return gcm_seal(session, org_kek, key.iv, key.binding_aad(aad), kBindingText, kGcmTagSize, key.binding);
}

}  // namespace

TokenResult<Bytes> OrgKeks::create(Session& session, const PlatformKeks& platform, KeyVersion version, ByteView aad) {
  KAITO_TRY(const ObjectHandle platform_kek, platform.at(version));
  WrappedKey key{.platform_version = version};
  KAITO_TRY(key.wrapped, generate_and_wrap(session, platform_kek));
  random_.fill(key.iv);
  KAITO_TRY(OwnedObject object, own_work(unwrap(session, platform_kek, key)));
  KAITO_CHECK(seal_binding(session, object.handle(), key, aad));
  KAITO_CHECK(own_work(check_binding(session, object.handle(), key, aad)));
  Bytes blob = key.serialize();
  loaded_.insert(cache_key({.blob = blob, .aad = aad}),
                 {.key = std::move(object),
                  .platform_version = version,
                  .use = {.key = short_hash(blob), .encryptions = 1, .decryptions = 1}});
  return blob;
}

TokenResult<Bytes> OrgKeks::rewrap(Session& session, const PlatformKeks& platform, KeyVersion from, KeyVersion to,
                                   OrgKekView kek) {
  KAITO_TRY(const ObjectHandle old_kek, platform.at(from));
  KAITO_TRY(const ObjectHandle new_kek, platform.at(to));
  KAITO_TRY(const WrappedKey before, WrappedKey::parse(kek.blob));
  if (before.platform_version != from)
    return fail(Failure({.code = Code::integrity,
                         .detail = fmt::format("org KEK of platform KEK {}, not {}", before.platform_version, from)},
                        ReturnClass::data_error));
  KAITO_TRY(const OwnedObject source, unwrap(session, old_kek, before, Extractable::yes));
  KAITO_CHECK(check_binding(session, source.handle(), before, kek.aad));
  WrappedKey after{.platform_version = to};
  KAITO_TRY(after.wrapped, wrap(session, new_kek, source.handle()));
  random_.fill(after.iv);
  KAITO_CHECK(seal_binding(session, source.handle(), after, kek.aad));
  // Bound by the old key and opened by the new one: they are the same, and the old blob is not needed any more.
  KAITO_TRY(const OwnedObject fresh, own_work(unwrap(session, new_kek, after)));
  KAITO_CHECK(own_work(check_binding(session, fresh.handle(), after, kek.aad)));
  return after.serialize();
}

TokenResult<LoadedOrgKek*> OrgKeks::load(Session& session, const PlatformKeks& platform, OrgKekView kek) {
  std::string cached = cache_key(kek);
  if (LoadedOrgKek* found = loaded_.find(cached)) return found;
  KAITO_TRY(const WrappedKey key, WrappedKey::parse(kek.blob));
  KAITO_TRY(const ObjectHandle platform_kek, platform.at(key.platform_version));
  KAITO_TRY(OwnedObject object, unwrap(session, platform_kek, key));
  KAITO_CHECK(check_binding(session, object.handle(), key, kek.aad));
  return &loaded_.insert(std::move(cached), {.key = std::move(object),
                                             .platform_version = key.platform_version,
                                             .use = {.key = short_hash(kek.blob), .decryptions = 1}});
}

void OrgKeks::forget(KeyVersion platform_version) {
  loaded_.erase_if([&](const LoadedOrgKek& loaded) { return loaded.platform_version == platform_version; });
}

std::vector<OrgKekUse> OrgKeks::uses(std::size_t limit) const {
  std::vector<OrgKekUse> list;
  for (const auto& [key, loaded] : loaded_.entries()) {
    if (list.size() == limit) break;
    list.push_back(loaded.use);
  }
  return list;
}

}  // namespace kaito::hsm
