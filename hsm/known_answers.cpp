#include "hsm/known_answers.hpp"

#include "hsm/aes_gcm.hpp"
#include "hsm/protocol/wrapped_dek.hpp"

namespace kaito::hsm {
namespace {

// Published values stand here as their documents print them.
template <std::size_t kDigits>
consteval auto hex(const char (&text)[kDigits]) {
  ByteArray<(kDigits - 1) / 2> bytes{};
  for (std::size_t i = 0; i < bytes.size() * 2; ++i) {
    const char digit = text[i];
    const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
    bytes[i / 2] = static_cast<std::uint8_t>(bytes[i / 2] << 4 | value);
  }
  return bytes;
}

// McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
namespace gcm {
constexpr auto kKey = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
constexpr auto kIv = hex("cafebabefacedbaddecaf888");
constexpr auto kAad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
constexpr auto kPlaintext = hex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
    "ba637b39");
constexpr auto kSealed = hex(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
    "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
}  // namespace gcm

// RFC 3394 §4.6, and the same key in the same KEK by RFC 5649 (made with OpenSSL 3.0).
namespace kw {
constexpr auto kKek = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
constexpr auto kKey = hex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
constexpr auto kWrapped = hex("28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
constexpr auto kPadded = hex("4a8029243027353b0694cf1bd8fc745bb0ce8a739b19b1960b12426d4c39cfeda926d103ab34e9f6");
}  // namespace kw

// RFC 8032 §7.1, TEST 3.
namespace ed25519 {
constexpr auto kPublicKey = hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
constexpr auto kMessage = hex("af82");
constexpr auto kSignature = hex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
    "c027beceea1ec40a");
constexpr auto kParameters = hex("06032b6570");  // OBJECT IDENTIFIER 1.3.101.112
}  // namespace ed25519

Failure wrong_answer(std::string_view test) {
  return Failure(Error{.code = Code::hsm_key_rejected, .detail = fmt::format("known answer: {} is wrong", test)});
}

using Allow = AttributeTemplate (*)(AttributeTemplate&&);
AttributeTemplate to_encrypt(AttributeTemplate&& key) {
  return std::move(key).flag(CKA_ENCRYPT, true).flag(CKA_DECRYPT, true);
}
AttributeTemplate to_wrap(AttributeTemplate&& key) {
  return std::move(key).flag(CKA_WRAP, true).flag(CKA_UNWRAP, true);
}
AttributeTemplate to_be_wrapped(AttributeTemplate&& key) { return std::move(key).flag(CKA_EXTRACTABLE, true); }

AttributeTemplate aes_key() {
  return AttributeTemplate()
      .number(CKA_CLASS, CKO_SECRET_KEY)
      .number(CKA_KEY_TYPE, CKK_AES)
      .flag(CKA_TOKEN, false)
      .flag(CKA_PRIVATE, true);
}

struct TestKey {
  OwnedObject object;
  bool is_published;
  [[nodiscard]] ObjectHandle handle() const noexcept { return object.handle(); }
};

TokenResult<TestKey> test_key(Session& session, ByteView published, Allow allow) {
  auto created = session.create_object(allow(aes_key().bytes(CKA_VALUE, published)));
  if (created) return TestKey{OwnedObject(session, *created), true};
  if (created.error().error.code != Code::hsm_unsupported) return fail(std::move(created).error());
  Mechanism generation(CKM_AES_KEY_GEN);
  KAITO_TRY(const ObjectHandle key,
            session.generate_key(generation.get(),
                                 allow(aes_key().number(CKA_VALUE_LEN, kDekSize).flag(CKA_SENSITIVE, true))));
  return TestKey{OwnedObject(session, key), false};
}

// What must be refused: success is the wrong answer, and so is any failure but a data error.
TokenOutcome must_be_refused(TokenOutcome outcome, std::string_view test) {
  if (outcome) return fail(wrong_answer(test));
  if (outcome.error().kind != ReturnClass::data_error) return outcome;
  return {};
}

TokenResult<OwnedObject> unwrap(Session& session, CK_MECHANISM_TYPE mechanism, ObjectHandle kek, ByteView wrapped) {
  Mechanism unwrapping(mechanism);
  KAITO_TRY(const ObjectHandle key,
            session.unwrap(unwrapping.get(), kek, wrapped, aes_key().flag(CKA_SENSITIVE, true)));
  return OwnedObject(session, key);
}

}  // namespace

TokenOutcome test_gcm(Session& session) {
  KAITO_TRY(const TestKey key, test_key(session, gcm::kKey, to_encrypt));
  auto iv = gcm::kIv;
  Bytes sealed(gcm::kSealed.size());
  KAITO_CHECK(gcm_seal(session, key.handle(), iv, gcm::kAad, gcm::kPlaintext, kGcmTagSize, sealed));
  // An HSM that chose its own IV (F13) cannot give the published ciphertext; that it opens what it sealed must do.
  if (key.is_published && iv == gcm::kIv && !std::ranges::equal(sealed, gcm::kSealed))
    return fail(wrong_answer("AES-GCM encryption"));
  Bytes opened(gcm::kPlaintext.size());
  KAITO_CHECK(gcm_open(session, key.handle(), iv, gcm::kAad, sealed, kGcmTagSize, opened));
  if (!std::ranges::equal(opened, gcm::kPlaintext)) return fail(wrong_answer("AES-GCM decryption"));
  sealed.back() ^= 1;
  return must_be_refused(gcm_open(session, key.handle(), iv, gcm::kAad, sealed, kGcmTagSize, opened), "AES-GCM's tag");
}

TokenOutcome test_key_wrap(Session& session, CK_MECHANISM_TYPE mechanism, KeyWrap kind) {
  KAITO_TRY(const TestKey kek, test_key(session, kw::kKek, to_wrap));
  KAITO_TRY(const TestKey key, test_key(session, kw::kKey, to_be_wrapped));
  Mechanism wrapping(mechanism);
  KAITO_TRY(Bytes wrapped, session.wrap(wrapping.get(), kek.handle(), key.handle()));
  const auto& published = kind == KeyWrap::kw ? kw::kWrapped : kw::kPadded;
  if (wrapped.size() != published.size())
    return fail(Failure(Error{.code = Code::hsm_unsupported,
                              .detail = fmt::format("{} wraps to {} bytes, not {}", mechanism_name(mechanism),
                                                    wrapped.size(), published.size())}));
  if (kek.is_published && key.is_published && !std::ranges::equal(wrapped, published)) {
    // What the older number means is the token's to say: another kind of padding is no wrong answer.
    if (mechanism == CKM_AES_KEY_WRAP_PAD)
      return fail(Failure(Error{.code = Code::hsm_unsupported, .detail = "CKM_AES_KEY_WRAP_PAD is not RFC 5649 here"}));
    return fail(wrong_answer(mechanism_name(mechanism)));
  }
  KAITO_CHECK(unwrap(session, mechanism, kek.handle(), wrapped));
  wrapped.back() ^= 1;
  const auto refused = unwrap(session, mechanism, kek.handle(), wrapped);
  return must_be_refused(refused ? TokenOutcome() : fail(refused.error()),
                         mechanism_name(mechanism) + "'s integrity check");
}

TokenOutcome test_wrapping_of_readable_keys(Session& session, CK_MECHANISM_TYPE mechanism) {
  KAITO_TRY(const TestKey kek, test_key(session, kw::kKek, to_wrap));
  ByteArray<kKeyWrapSize> wrapped{};
  KAITO_CHECK(wrap_natively(session, mechanism, kek.handle(), kw::kKey, wrapped));
  ByteArray<kDekSize> key{};
  KAITO_CHECK(unwrap_natively(session, mechanism, kek.handle(), wrapped, key));
  if (key != kw::kKey) return fail(wrong_answer(mechanism_name(mechanism) + " unwrapping"));
  return {};
}

TokenOutcome test_key_wrap_by_blocks(Session& session, CK_MECHANISM_TYPE mode) {
  KAITO_TRY(const TestKey kek, test_key(session, kw::kKek, to_encrypt));
  const std::string name = "AES key wrap by " + mechanism_name(mode);
  ByteArray<kKeyWrapSize> wrapped{};
  KAITO_CHECK(wrap_by_blocks(session, mode, KeyWrap::kw, kek.handle(), kw::kKey, wrapped));
  if (kek.is_published && wrapped != kw::kWrapped) return fail(wrong_answer(name));
  ByteArray<kDekSize> key{};
  KAITO_CHECK(unwrap_by_blocks(session, mode, KeyWrap::kw, kek.handle(), wrapped, key));
  if (key != kw::kKey) return fail(wrong_answer(name + ", unwrapping"));
  wrapped.back() ^= 1;
  return must_be_refused(unwrap_by_blocks(session, mode, KeyWrap::kw, kek.handle(), wrapped, key),
                         name + ", integrity check");
}

TokenOutcome test_ed25519(Session& session) {
  Bytes point{0x04, 32};  // a DER OCTET STRING, PKCS#11 v2.40 §2.3.3
  append(point, ed25519::kPublicKey);
  KAITO_TRY(const ObjectHandle handle, session.create_object(AttributeTemplate()
                                                                 .number(CKA_CLASS, CKO_PUBLIC_KEY)
                                                                 .number(CKA_KEY_TYPE, CKK_EC_EDWARDS)
                                                                 .bytes(CKA_EC_PARAMS, ed25519::kParameters)
                                                                 .bytes(CKA_EC_POINT, point)
                                                                 .flag(CKA_TOKEN, false)
                                                                 .flag(CKA_VERIFY, true)));
  const OwnedObject key(session, handle);
  Mechanism mechanism(CKM_EDDSA);
  auto verified = session.verify(mechanism.get(), key.handle(), ed25519::kMessage, ed25519::kSignature);
  if (!verified && verified.error().kind == ReturnClass::data_error) return fail(wrong_answer("Ed25519 verification"));
  KAITO_CHECK(std::move(verified));
  auto spoilt = ed25519::kSignature;
  spoilt.front() ^= 1;
  return must_be_refused(session.verify(mechanism.get(), key.handle(), ed25519::kMessage, spoilt),
                         "Ed25519's refusal of a spoilt signature");
}

}  // namespace kaito::hsm
