// Vectors in Wycheproof's format through the library's own wrappers, in SoftHSM2. Our own files always run; another
// directory of such files is taken from KAITO_WYCHEPROOF_DIR.
#include "tests/integration/wycheproof/wycheproof.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "hsm/aes_gcm.hpp"
#include "hsm/protocol/wrapped_dek.hpp"
#include "hsm/token.hpp"
#include "tests/integration/hsm/faulty_module.hpp"

namespace kaito::hsm::test {
namespace {

using wycheproof::Answer;
using wycheproof::Hash;

struct HmacMechanism {
  CK_MECHANISM_TYPE type;
  std::size_t size;  // of the hash, bytes
};

HmacMechanism hmac_of(Hash hash) {
  switch (hash) {
    case Hash::sha1: return {CKM_SHA_1_HMAC, 20};
    case Hash::sha224: return {CKM_SHA224_HMAC, 28};
    case Hash::sha256: return {CKM_SHA256_HMAC, 32};
    case Hash::sha384: return {CKM_SHA384_HMAC, 48};
    case Hash::sha512: return {CKM_SHA512_HMAC, 64};
  }
  return {0, 0};
}

AttributeTemplate secret(CK_KEY_TYPE type, ByteView value) {
  return AttributeTemplate()
      .number(CKA_CLASS, CKO_SECRET_KEY)
      .number(CKA_KEY_TYPE, type)
      .bytes(CKA_VALUE, value)
      .flag(CKA_TOKEN, false)
      .flag(CKA_PRIVATE, true)
      .flag(CKA_SENSITIVE, false)
      .flag(CKA_EXTRACTABLE, true);
}

class HsmSubject final : public wycheproof::Subject {
 public:
  explicit HsmSubject(Session& session) : session_(session) {}
  std::string_view name() const override { return "SoftHSM2 through kaito_hsm"; }

  Answer gcm_seal(ByteView key, ByteView iv, ByteView aad, ByteView plaintext, std::size_t tag_size) override {
    if (auto rule = gcm_rule(iv, tag_size)) return Answer::unsupported(*rule);
    const auto object = own(session_.create_object(secret(CKK_AES, key).flag(CKA_ENCRYPT, true)));
    if (!object) return Answer::refused();
    Bytes own_iv(iv.begin(), iv.end());
    Bytes sealed(plaintext.size() + tag_size);
    if (!gcm_seal_in(object->handle(), own_iv, aad, plaintext, tag_size, sealed)) return Answer::refused();
    return Answer::accepted(std::move(sealed));
  }

  Answer gcm_open(ByteView key, ByteView iv, ByteView aad, ByteView sealed, std::size_t tag_size) override {
    if (auto rule = gcm_rule(iv, tag_size)) return Answer::unsupported(*rule);
    const auto object = own(session_.create_object(secret(CKK_AES, key).flag(CKA_DECRYPT, true)));
    if (!object || sealed.size() < tag_size) return Answer::refused();
    Bytes opened(sealed.size() - tag_size);
    if (!hsm::gcm_open(session_, object->handle(), iv, aad, sealed, tag_size, opened)) return Answer::refused();
    return Answer::accepted(std::move(opened));
  }

  Answer kw_wrap(ByteView kek, ByteView key) override { return wrap(CKM_AES_KEY_WRAP, kek, key); }
  Answer kw_unwrap(ByteView kek, ByteView wrapped) override { return unwrap(CKM_AES_KEY_WRAP, kek, wrapped); }
  Answer kwp_wrap(ByteView kek, ByteView key) override {
    if (key.size() % 8 != 0)
      return Answer::unsupported(
          "KWP of a key whose size is no multiple of 8: SoftHSM2 2.6.1 pads the key itself first");
    return wrap(CKM_AES_KEY_WRAP_PAD, kek, key);
  }
  Answer kwp_unwrap(ByteView kek, ByteView wrapped) override { return unwrap(CKM_AES_KEY_WRAP_PAD, kek, wrapped); }

  Answer hmac(Hash hash, ByteView key, ByteView message, std::size_t tag_size) override {
    const auto [type, size] = hmac_of(hash);
    if (key.size() < size) return Answer::unsupported("HMAC key shorter than its hash: SoftHSM2's least key size");
    if (key.size() > 512) return Answer::unsupported("HMAC key over 512 bytes: SoftHSM2's largest key size");
    const auto object = own(session_.create_object(secret(CKK_GENERIC_SECRET, key).flag(CKA_SIGN, true)));
    if (!object) return Answer::refused();
    Mechanism mechanism(type);
    Bytes mac(size);
    const auto made = session_.sign(mechanism.get(), object->handle(), message, mac);
    if (!made || *made != size || tag_size > size) return Answer::refused();
    mac.resize(tag_size);  // RFC 2104 §5: a truncated MAC is a prefix
    return Answer::accepted(std::move(mac));
  }

  Answer ed25519_verify(ByteView public_key, ByteView message, ByteView signature) override {
    const ByteArray<5> parameters{0x06, 0x03, 0x2b, 0x65, 0x70};
    Bytes point{0x04, static_cast<std::uint8_t>(public_key.size())};
    append(point, public_key);
    const auto object = own(session_.create_object(AttributeTemplate()
                                                       .number(CKA_CLASS, CKO_PUBLIC_KEY)
                                                       .number(CKA_KEY_TYPE, CKK_EC_EDWARDS)
                                                       .bytes(CKA_EC_PARAMS, parameters)
                                                       .bytes(CKA_EC_POINT, point)
                                                       .flag(CKA_TOKEN, false)
                                                       .flag(CKA_VERIFY, true)));
    if (!object) return Answer::refused();
    Mechanism mechanism(CKM_EDDSA);
    return session_.verify(mechanism.get(), object->handle(), message, signature) ? Answer::accepted()
                                                                                  : Answer::refused();
  }

 private:
  static std::optional<std::string> gcm_rule(ByteView iv, std::size_t tag_size) {
    if (iv.size() != kGcmIvSize) return "GCM IV of other than 96 bits: the product makes none";
    if (tag_size != kGcmTagSize) return "GCM tag of other than 128 bits: the product makes none";
    return std::nullopt;
  }
  bool gcm_seal_in(ObjectHandle key, std::span<std::uint8_t> iv, ByteView aad, ByteView plaintext, std::size_t tag_size,
                   std::span<std::uint8_t> out) {
    return hsm::gcm_seal(session_, key, iv, aad, plaintext, tag_size, out).has_value();
  }
  std::optional<OwnedObject> own(TokenResult<ObjectHandle> handle) {
    if (!handle) return std::nullopt;
    return OwnedObject(session_, *handle);
  }
  Answer wrap(CK_MECHANISM_TYPE type, ByteView kek, ByteView key) {
    if (key.empty()) return Answer::unsupported("a key of no bytes: PKCS#11 has no such object");
    const auto wrapping = own(session_.create_object(secret(CKK_AES, kek).flag(CKA_WRAP, true)));
    const auto wrapped = own(session_.create_object(secret(CKK_GENERIC_SECRET, key)));
    if (!wrapping || !wrapped) return Answer::refused();
    Mechanism mechanism(type);
    auto result = session_.wrap(mechanism.get(), wrapping->handle(), wrapped->handle());
    return result ? Answer::accepted(*std::move(result)) : Answer::refused();
  }
  Answer unwrap(CK_MECHANISM_TYPE type, ByteView kek, ByteView wrapped) {
    const auto wrapping = own(session_.create_object(secret(CKK_AES, kek).flag(CKA_UNWRAP, true)));
    if (!wrapping) return Answer::refused();
    Mechanism mechanism(type);
    const auto key = own(session_.unwrap(mechanism.get(), wrapping->handle(), wrapped,
                                         AttributeTemplate()
                                             .number(CKA_CLASS, CKO_SECRET_KEY)
                                             .number(CKA_KEY_TYPE, CKK_GENERIC_SECRET)
                                             .flag(CKA_TOKEN, false)
                                             .flag(CKA_SENSITIVE, false)
                                             .flag(CKA_EXTRACTABLE, true)));
    if (!key) return Answer::refused();
    auto value = session_.bytes(key->handle(), CKA_VALUE);
    return value && *value ? Answer::accepted(**std::move(value)) : Answer::refused();
  }
  Session& session_;
};

class WycheproofInHsm : public ::testing::Test {
 protected:
  void expect_right(const std::filesystem::path& directory) {
    HsmSubject subject(token_->session());
    const wycheproof::Report report = wycheproof::run_directory(directory, subject);
    std::cout << subject.name() << ", " << directory << ": " << report.str();
    EXPECT_TRUE(report.wrong.empty());
    EXPECT_TRUE(report.unreadable.empty());
    EXPECT_GT(report.right, 0u);
  }
  SoftHsmToken softhsm_;
  FaultyModule module_{softhsm_};
  std::unique_ptr<hsm::Token> token_ = *hsm::Token::open(
      module_.modules(), *TokenUri::parse(softhsm_.config().token_uri), Pin::copy_of(SoftHsmToken::kPin));
};

TEST_F(WycheproofInHsm, JudgesOurOwnVectorsRight) { expect_right(KAITO_VECTORS "/wycheproof"); }

TEST_F(WycheproofInHsm, JudgesTheVectorsOfTheGivenDirectoryRight) {
  const char* directory = std::getenv("KAITO_WYCHEPROOF_DIR");
  if (!directory) GTEST_SKIP() << "KAITO_WYCHEPROOF_DIR is not set: only our own vectors were run";
  expect_right(directory);
}

}  // namespace
}  // namespace kaito::hsm::test
