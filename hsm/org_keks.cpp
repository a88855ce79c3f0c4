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

// The key of a blob as it is used: it encrypts and decrypts, it cannot leave.
TokenResult<OwnedObject> unwrap(Session& session, ObjectHandle platform_kek, const WrappedKey& key) {
  Mechanism mechanism(CKM_AES_KEY_WRAP);
  KAITO_TRY(const ObjectHandle object, session.unwrap(mechanism.get(), platform_kek, key.wrapped,
                                                      session_key()
                                                          .flag(CKA_EXTRACTABLE, false)
                                                          .flag(CKA_ENCRYPT, true)
                                                          .flag(CKA_DECRYPT, true)
                                                          .flag(CKA_WRAP, false)
                                                          .flag(CKA_UNWRAP, false)));
  return OwnedObject(session, object);
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
  Mechanism wrapping(CKM_AES_KEY_WRAP);
  KAITO_TRY(const Bytes wrapped, session.wrap(wrapping.get(), platform_kek, fresh.handle()));
  ByteArray<40> result{};
  if (wrapped.size() != result.size())
    return fail(Failure(Error{.code = Code::hsm_unsupported,
                              .detail = fmt::format("CKM_AES_KEY_WRAP gave {} bytes, not 40", wrapped.size())}));
  std::ranges::copy(wrapped, result.begin());
  return result;
}

TokenOutcome check_binding(Session& session, ObjectHandle org_kek, const WrappedKey& key, ByteView aad) {
  ByteArray<kBindingText.size()> text{};
  KAITO_CHECK(gcm_open(session, org_kek, key.iv, key.binding_aad(aad), key.binding, kGcmTagSize, text));
  if (text != kBindingText)
    return fail(
        Failure({.code = Code::integrity, .detail = "org KEK's binding is of another kind"}, ReturnClass::data_error));
  return {};
}

}  // namespace

TokenResult<Bytes> OrgKeks::create(Session& session, const PlatformKeks& platform, KeyVersion version, ByteView aad) {
  KAITO_TRY(const ObjectHandle platform_kek, platform.at(version));
  WrappedKey key{.platform_version = version};
  KAITO_TRY(key.wrapped, generate_and_wrap(session, platform_kek));
  KAITO_TRY(OwnedObject object, unwrap(session, platform_kek, key));
  random_.fill(key.iv);
  KAITO_CHECK(gcm_seal(session, object.handle(), key.iv, key.binding_aad(aad), kBindingText, kGcmTagSize, key.binding));
  Bytes blob = key.serialize();
  loaded_.insert(cache_key({.blob = blob, .aad = aad}),
                 {.key = std::move(object), .use = {.key = short_hash(blob), .encryptions = 1}});
  return blob;
}

TokenResult<LoadedOrgKek*> OrgKeks::load(Session& session, const PlatformKeks& platform, OrgKekView kek) {
  std::string cached = cache_key(kek);
  if (LoadedOrgKek* found = loaded_.find(cached)) return found;
  KAITO_TRY(const WrappedKey key, WrappedKey::parse(kek.blob));
  KAITO_TRY(const ObjectHandle platform_kek, platform.at(key.platform_version));
  KAITO_TRY(OwnedObject object, unwrap(session, platform_kek, key));
  KAITO_CHECK(check_binding(session, object.handle(), key, kek.aad));
  return &loaded_.insert(std::move(cached),
                         {.key = std::move(object), .use = {.key = short_hash(kek.blob), .decryptions = 1}});
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
