#include "hsm/org_keks.hpp"

#include <sodium.h>

#include "hsm/dek_wrap.hpp"
#include "hsm/wrapped_key.hpp"

namespace kaito::hsm {
namespace {

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

// How C_WrapKey and C_UnwrapKey are asked for a scheme. hsm_unsupported: the token does not have it (any more).
class Wrapping {
 public:
  static TokenResult<Wrapping> of(const WrapMethods& methods, WrapScheme scheme, const PlatformKey& platform_kek) {
    if (platform_kek.is_pair != (scheme == WrapScheme::rsa_oaep))
      return fail(Failure({.code = Code::integrity, .detail = "org KEK of a scheme that is not its platform KEK's"},
                          ReturnClass::data_error));
    const CK_MECHANISM_TYPE mechanism = platform_kek.is_pair ? CKM_RSA_PKCS_OAEP : methods.native(scheme);
    if (mechanism == 0)
      return fail(
          Failure(Error{.code = Code::hsm_unsupported, .detail = "the token has no AES key wrap for org KEKs"}));
    return Wrapping(mechanism, platform_kek);
  }

  [[nodiscard]] TokenResult<Bytes> wrap(Session& session, ObjectHandle org_kek) const {
    Mechanism plain(type_);
    OaepMechanism oaep;
    return session.wrap(key_.is_pair ? oaep.get() : plain.get(), key_.wrapping, org_kek);
  }
  [[nodiscard]] TokenResult<OwnedObject> unwrap(Session& session, ByteView wrapped,
                                                AttributeTemplate attributes) const {
    Mechanism plain(type_);
    OaepMechanism oaep;
    KAITO_TRY(const ObjectHandle object,
              session.unwrap(key_.is_pair ? oaep.get() : plain.get(), key_.unwrapping, wrapped, std::move(attributes)));
    return OwnedObject(session, object);
  }

 private:
  Wrapping(CK_MECHANISM_TYPE type, const PlatformKey& key) : type_(type), key_(key) {}
  CK_MECHANISM_TYPE type_;
  PlatformKey key_;
};

// What new blobs under a platform KEK are.
WrapScheme scheme_for(const WrapMethods& methods, const PlatformKey& platform_kek) {
  if (platform_kek.is_pair) return WrapScheme::rsa_oaep;
  return methods.org_kek == WrapScheme::rsa_oaep ? WrapScheme::aes_kw : methods.org_kek;
}

// The key of a blob as it is used: it wraps DEKs.
TokenResult<OwnedObject> unwrap(Session& session, const WrapMethods& methods, const PlatformKey& platform_kek,
                                const WrappedKey& key, Extractable extractable = Extractable::no) {
  KAITO_TRY(const Wrapping wrapping, Wrapping::of(methods, key.scheme, platform_kek));
  auto unwrapped = wrapping.unwrap(
      session, key.wrapped,
      allow_wrapping_deks(session_key().flag(CKA_EXTRACTABLE, extractable == Extractable::yes), methods));
  if (unwrapped || extractable == Extractable::no || unwrapped.error().error.code != Code::hsm_unsupported)
    return unwrapped;
  // Unwrapped keys are extractable by default (§5.13), and opencryptoki does not let it be said.
  return wrapping.unwrap(session, key.wrapped, allow_wrapping_deks(session_key(), methods));
}

TokenResult<WrappedKey> wrap(Session& session, const WrapMethods& methods, const PlatformKey& platform_kek,
                             KeyVersion version, ObjectHandle org_kek) {
  WrappedKey key{
      .scheme = scheme_for(methods, platform_kek), .platform_version = version, .wrapped = {}, .binding = {}};
  KAITO_TRY(const Wrapping wrapping, Wrapping::of(methods, key.scheme, platform_kek));
  KAITO_TRY(key.wrapped, wrapping.wrap(session, org_kek));
  return key;
}

TokenResult<OwnedObject> generate(Session& session) {
  Mechanism generation(CKM_AES_KEY_GEN);
  // Extractable for the one wrap that follows, and good for nothing else meanwhile.
  KAITO_TRY(const ObjectHandle object, session.generate_key(generation.get(), session_key()
                                                                                  .number(CKA_VALUE_LEN, kDekSize)
                                                                                  .flag(CKA_EXTRACTABLE, true)
                                                                                  .flag(CKA_ENCRYPT, false)
                                                                                  .flag(CKA_DECRYPT, false)
                                                                                  .flag(CKA_WRAP, false)
                                                                                  .flag(CKA_UNWRAP, false)));
  return OwnedObject(session, object);
}

// Opens nothing, so it needs no locked memory, which costs several system calls.
using NobodysDek = ByteArray<kDekSize>;

// No scheme of an org KEK has AAD, so the key itself says whose it is: it wraps a DEK that opens at this place alone.
TokenResult<NobodysDek> bind(Session& session, const WrapMethods& methods, ObjectHandle org_kek, WrappedKey& key,
                             ByteView aad, Random& random) {
  NobodysDek nobodys{};
  random.fill(nobodys);
  KAITO_TRY(key.binding, wrap_dek(session, org_kek, methods, nobodys, key.binding_aad(aad), random));
  return nobodys;
}

TokenResult<NobodysDek> open_binding(Session& session, const WrapMethods& methods, ObjectHandle org_kek,
                                     const WrappedKey& key, ByteView aad) {
  NobodysDek nobodys{};
  KAITO_CHECK(unwrap_dek(session, org_kek, methods, key.binding, key.binding_aad(aad), nobodys));
  return nobodys;
}

TokenOutcome check_binding(Session& session, const WrapMethods& methods, ObjectHandle org_kek, const WrappedKey& key,
                           ByteView aad) {
  KAITO_CHECK(open_binding(session, methods, org_kek, key, aad));
  return {};
}

AttributeTemplate to_be_wrapped(const WrapMethods& methods) {
  return allow_wrapping_deks(session_key().flag(CKA_EXTRACTABLE, true), methods);
}
// Unwrapped keys are extractable by default (§5.13), and opencryptoki does not let it be said.
AttributeTemplate to_be_wrapped_unsaid(const WrapMethods& methods) {
  return allow_wrapping_deks(session_key(), methods);
}

TokenResult<OwnedObject> unwrap_import(Session& session, const WrapMethods& methods, ImportKeys& wrapping,
                                       const KeyToImportView& key) {
  KAITO_CHECK(wrapping.check(session, methods, key));
  auto unwrapped = wrapping.unwrap(session, methods, key, to_be_wrapped);
  if (!unwrapped && unwrapped.error().error.code == Code::hsm_unsupported)
    unwrapped = wrapping.unwrap(session, methods, key, to_be_wrapped_unsaid);
  if (unwrapped || unwrapped.error().error.code != Code::hsm_unsupported) return unwrapped;
  // The token can do it, so it is what was sent: NSS says CKR_ARGUMENTS_BAD of a number above the modulus.
  return fail(Failure({.code = Code::integrity, .detail = unwrapped.error().error.detail}, ReturnClass::data_error));
}

// What AES makes of a block of zeros: by encryption where the token has single blocks, else as it says itself.
TokenResult<CheckValue> check_value_of(Session& session, const WrapMethods& methods, const PlatformKey& platform_kek,
                                       const WrappedKey& key) {
  KAITO_TRY(const Wrapping wrapping, Wrapping::of(methods, key.scheme, platform_kek));
  KAITO_TRY(
      const OwnedObject object,
      wrapping.unwrap(session, key.wrapped,
                      session_key().flag(CKA_EXTRACTABLE, false).flag(CKA_ENCRYPT, true).flag(CKA_DECRYPT, false)));
  CheckValue value{};
  if (methods.blocks != 0) {
    BlockMechanism mechanism(methods.blocks);
    ByteArray<16> block{};
    KAITO_TRY(const std::size_t size, session.encrypt(mechanism.get(), object.handle(), ByteArray<16>{}, block));
    std::copy_n(block.begin(), value.size(), value.begin());
    wipe(block);  // the whole of it is AES-GCM's hash key
    if (size == block.size()) return value;
    return fail(Failure(Error{.code = Code::hsm_unsupported, .detail = "one AES block gave another size"}));
  }
  KAITO_TRY(const auto said, session.bytes(object.handle(), CKA_CHECK_VALUE));
  if (!said || said->size() != value.size())
    return fail(Failure(Error{.code = Code::hsm_unsupported, .detail = "the token gives no check value of a key"}));
  std::ranges::copy(*said, value.begin());
  return value;
}

// As the token says, or as the size of its AES key wrap does (RFC 3394 and RFC 5649 add 8 bytes): SoftHSM says 0.
TokenOutcome check_size(Session& session, ObjectHandle key, const WrappedKey& wrapped) {
  KAITO_TRY(const auto said, session.number(key, CKA_VALUE_LEN));
  std::size_t size = said.value_or(0);
  if (size == 0 && wrapped.scheme != WrapScheme::rsa_oaep && wrapped.wrapped.size() > 8)
    size = wrapped.wrapped.size() - 8;
  if (size == kDekSize) return {};
  if (size == 0)
    return fail(Failure(Error{.code = Code::hsm_unsupported, .detail = "an imported key's size cannot be known"}));
  return fail(Failure(Error{.code = Code::invalid_request,
                            .detail = fmt::format("the imported key has {} bytes, not {}", size, kDekSize)}));
}

// What the token has just made itself cannot be a caller's bad data: a data error then is the token's failure.
template <class T>
TokenResult<T> own_work(TokenResult<T> result) {
  if (result || result.error().kind != ReturnClass::data_error) return result;
  return fail(
      Failure(Error{.code = Code::hsm_unavailable,
                    .detail = "the token cannot open what it has just wrapped: " + result.error().error.detail}));
}

// Bound by one unwrapping and opened by another, to the very bytes that were sealed: both are one key, and it is the
// blob's. A handle of some other key, given once, would bind the blob to that key, and all that it wraps would be lost
// with the handle.
TokenResult<OwnedObject> unwrap_bound(Session& session, const WrapMethods& methods, const PlatformKey& platform_kek,
                                      const WrappedKey& key, ByteView aad, const NobodysDek& bound) {
  KAITO_TRY(OwnedObject fresh, own_work(unwrap(session, methods, platform_kek, key)));
  KAITO_TRY(const NobodysDek opened, own_work(open_binding(session, methods, fresh.handle(), key, aad)));
  if (opened == bound) return fresh;
  return fail(Failure(
      Error{.code = Code::hsm_unavailable, .detail = "the token opened what it has just wrapped to other bytes"}));
}

}  // namespace

std::string cache_key(OrgKekView kek) {
  Bytes key;
  append_u16(key, static_cast<std::uint16_t>(kek.blob.size()));  // at most kMaxBlob
  append(key, kek.blob);
  append(key, kek.aad);
  return std::string(as_text(key));
}

TokenResult<Bytes> OrgKeks::create(Session& session, const WrapMethods& methods, const PlatformKeks& platform,
                                   KeyVersion version, ByteView aad) {
  KAITO_TRY(const PlatformKey platform_kek, platform.at(version));
  KAITO_TRY(const OwnedObject made, generate(session));
  KAITO_TRY(WrappedKey key, wrap(session, methods, platform_kek, version, made.handle()));
  KAITO_TRY(const OwnedObject first, own_work(unwrap(session, methods, platform_kek, key)));
  KAITO_TRY(const NobodysDek bound, bind(session, methods, first.handle(), key, aad, random_));
  KAITO_TRY(OwnedObject object, unwrap_bound(session, methods, platform_kek, key, aad, bound));
  Bytes blob = key.serialize();
  loaded_.insert(cache_key({.blob = blob, .aad = aad}),
                 {.key = object.handle(),
                  .owned = std::move(object),
                  .platform_version = version,
                  .use = {.key = short_hash(blob), .encryptions = 1, .decryptions = 2}});
  return blob;
}

TokenResult<Bytes> OrgKeks::rewrap(Session& session, const WrapMethods& methods, const PlatformKeks& platform,
                                   KeyVersion from, KeyVersion to, OrgKekView kek) {
  KAITO_TRY(const PlatformKey old_kek, platform.at(from));
  KAITO_TRY(const PlatformKey new_kek, platform.at(to));
  KAITO_TRY(const WrappedKey before, WrappedKey::parse(kek.blob));
  if (before.platform_version != from)
    return fail(Failure({.code = Code::integrity,
                         .detail = fmt::format("org KEK of platform KEK {}, not {}", before.platform_version, from)},
                        ReturnClass::data_error));
  KAITO_TRY(const OwnedObject source, unwrap(session, methods, old_kek, before, Extractable::yes));
  KAITO_CHECK(check_binding(session, methods, source.handle(), before, kek.aad));
  KAITO_TRY(WrappedKey after, wrap(session, methods, new_kek, to, source.handle()));
  KAITO_TRY(const NobodysDek bound, bind(session, methods, source.handle(), after, kek.aad, random_));
  // The old key and the new one are the same, and the old blob is not needed any more.
  KAITO_CHECK(unwrap_bound(session, methods, new_kek, after, kek.aad, bound));
  return after.serialize();
}

TokenResult<ImportedKey> OrgKeks::import(Session& session, const WrapMethods& methods, const PlatformKeks& platform,
                                         ImportKeys& wrapping, const ImportRequest& request) {
  KAITO_TRY(const PlatformKey platform_kek, platform.at(request.platform_version));
  const KeyToImportView customers{request.wrapping_version, request.mechanism, request.wrapped};
  KAITO_TRY(const OwnedObject source, unwrap_import(session, methods, wrapping, customers));
  KAITO_TRY(WrappedKey key, wrap(session, methods, platform_kek, request.platform_version, source.handle()));
  KAITO_CHECK(check_size(session, source.handle(), key));
  KAITO_TRY(const NobodysDek bound, bind(session, methods, source.handle(), key, request.aad, random_));
  KAITO_CHECK(unwrap_bound(session, methods, platform_kek, key, request.aad, bound));
  // Of the blob's key, which is what will be used.
  ImportedKey imported;
  KAITO_TRY(imported.check_value, own_work(check_value_of(session, methods, platform_kek, key)));
  imported.blob = key.serialize();
  return imported;
}

TokenResult<LoadedOrgKek*> OrgKeks::load(Session& session, const WrapMethods& methods, const PlatformKeks& platform,
                                         OrgKekView kek) {
  std::string cached = cache_key(kek);
  if (LoadedOrgKek* found = loaded_.find(cached)) return found;
  KAITO_TRY(const WrappedKey key, WrappedKey::parse(kek.blob));
  KAITO_TRY(const PlatformKey platform_kek, platform.at(key.platform_version));
  KAITO_TRY(OwnedObject object, unwrap(session, methods, platform_kek, key));
  KAITO_CHECK(check_binding(session, methods, object.handle(), key, kek.aad));
  return &loaded_.insert(std::move(cached), {.key = object.handle(),
                                             .owned = std::move(object),
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
