// Vectors in Wycheproof's format through the product's own wrappers of OpenSSL. Our own files always run; another
// directory of such files is taken from KAITO_WYCHEPROOF_DIR.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "appliance/audit/verifier_key.hpp"
#include "appliance/crypto/hmac.hpp"
#include "appliance/envelope/aes_gcm.hpp"
#include "tests/integration/wycheproof/wycheproof.hpp"

namespace kaito::wycheproof {
namespace {

std::optional<crypto::HashFunction> algorithm_of(Hash hash) {
  switch (hash) {
    case Hash::sha1: return crypto::HashFunction::sha1;
    case Hash::sha256: return crypto::HashFunction::sha256;
    case Hash::sha512: return crypto::HashFunction::sha512;
    default: return std::nullopt;
  }
}

template <class Array>
Array array_of(ByteView bytes) {
  Array array{};
  std::ranges::copy(bytes, array.begin());
  return array;
}

// AES-KW and AES-KWP are the HSM's alone: outside of it no key is ever wrapped by them.
class OpensslSubject final : public Subject {
 public:
  std::string_view name() const override { return "OpenSSL through kaito_envelope, kaito_otp and kaito_audit"; }

  Answer gcm_seal(ByteView key, ByteView iv, ByteView aad, ByteView plaintext, std::size_t tag_size) override {
    if (auto rule = gcm_rule(key, iv, tag_size)) return Answer::unsupported(*rule);
    Bytes sealed(plaintext.size());
    envelope::GcmTag tag{};
    if (!envelope::gcm_encrypt(key, array_of<envelope::GcmIv>(iv), aad, plaintext, sealed, tag))
      return Answer::refused();
    append(sealed, tag);
    return Answer::accepted(std::move(sealed));
  }

  Answer gcm_open(ByteView key, ByteView iv, ByteView aad, ByteView sealed, std::size_t tag_size) override {
    if (auto rule = gcm_rule(key, iv, tag_size)) return Answer::unsupported(*rule);
    if (sealed.size() < tag_size) return Answer::refused();
    const ByteView ciphertext = sealed.first(sealed.size() - tag_size);
    Bytes plaintext(ciphertext.size(), 0xa5);
    const auto tag = array_of<envelope::GcmTag>(sealed.last(tag_size));
    if (envelope::gcm_decrypt(key, array_of<envelope::GcmIv>(iv), aad, ciphertext, tag, plaintext))
      return Answer::accepted(std::move(plaintext));
    EXPECT_EQ(plaintext, Bytes(plaintext.size())) << "what did not authenticate was given out";
    return Answer::refused();
  }

  Answer hmac(Hash hash, ByteView key, ByteView message, std::size_t tag_size) override {
    const auto algorithm = algorithm_of(hash);
    if (!algorithm) return Answer::unsupported("HMAC with SHA-224 or SHA-384: no code is made with them");
    const auto mac = crypto::hmac(*algorithm, key, message);
    if (!mac || tag_size > mac->size) return Answer::refused();
    const ByteView tag = mac->view().first(tag_size);  // RFC 2104 §5: a truncated MAC is a prefix
    return Answer::accepted(Bytes(tag.begin(), tag.end()));
  }

  Answer ed25519_verify(ByteView public_key, ByteView message, ByteView signature) override {
    if (public_key.size() != 32) return Answer::refused();
    const auto key = audit::VerifierKey::make("wycheproof", array_of<ByteArray<32>>(public_key));
    return key && key->verifies(message, signature) ? Answer::accepted() : Answer::refused();
  }

 private:
  static std::optional<std::string> gcm_rule(ByteView key, ByteView iv, std::size_t tag_size) {
    if (key.size() != 32) return "GCM key of other than 256 bits: the product makes none";
    if (iv.size() != std::tuple_size_v<envelope::GcmIv>) return "GCM IV of other than 96 bits: the product makes none";
    if (tag_size != std::tuple_size_v<envelope::GcmTag>)
      return "GCM tag of other than 128 bits: the product makes none";
    return std::nullopt;
  }
};

void expect_right(const std::filesystem::path& directory) {
  OpensslSubject subject;
  const Report report = run_directory(directory, subject);
  std::cout << subject.name() << ", " << directory << ": " << report.str();
  EXPECT_TRUE(report.wrong.empty());
  EXPECT_TRUE(report.unreadable.empty());
  EXPECT_GT(report.right, 0u);
}

TEST(WycheproofInOpenssl, JudgesOurOwnVectorsRight) { expect_right(KAITO_VECTORS "/wycheproof"); }

TEST(WycheproofInOpenssl, JudgesTheVectorsOfTheGivenDirectoryRight) {
  const char* directory = std::getenv("KAITO_WYCHEPROOF_DIR");
  if (!directory) GTEST_SKIP() << "KAITO_WYCHEPROOF_DIR is not set: only our own vectors were run";
  expect_right(directory);
}

}  // namespace
}  // namespace kaito::wycheproof
