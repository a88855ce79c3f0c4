// An RSA pair in a customer's token against somebody who knows its public half and writes the database: what they wrap
// themselves is worth nothing, and the token never sees it.
#include <gtest/gtest.h>
#include <sodium.h>

#include "hsm/held_key.hpp"
#include "hsm/key_service.hpp"
#include "hsm/oaep_public_key.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/integration/hsm/faulty_module.hpp"

namespace kaito::hsm::test {
namespace {

constexpr std::size_t kMac = 1 + kOaepSize;  // where it begins in a blob

Bytes text(std::string_view words) { return Bytes(words.begin(), words.end()); }

ByteArray<32> hmac(ByteView key, std::initializer_list<ByteView> parts) {
  crypto_auth_hmacsha256_state state{};
  ByteArray<32> mac{};
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  for (const ByteView part : parts) crypto_auth_hmacsha256_update(&state, part.data(), part.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  return mac;
}

class HeldPair : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened =
        KeyService::open(module_.modules(), *TokenUri::parse(token_.config().token_uri),
                         Pin::copy_of(SoftHsmToken::kPin), TokenRole::customer, 16, nullptr, clock_, random_, logger_);
    ASSERT_TRUE(opened) << opened.error().describe();
    service_ = *std::move(opened);
    blob_ = adopt();
    wrapped_ = wrap(kek(), dek_);
  }
  Bytes adopt() {
    return service_
        ->adopt_org_kek({.make = MakeKey::if_missing, .key = "pkcs11:object=kek;type=private", .aad = place_})
        .value();
  }
  OrgKekView kek() const { return {.blob = blob_, .aad = place_}; }
  Bytes wrap(OrgKekView kek, ByteView dek) {
    return service_->wrap(kek, std::vector<DekToWrapView>{{.dek = dek, .aad = row_}}).value().front();
  }
  // "opens", or the error's slug.
  std::string unwrap(ByteView wrapped) {
    const auto result = service_->unwrap(kek(), std::vector<DekToUnwrapView>{{.wrapped = wrapped, .aad = row_}});
    if (!result) return std::string(traits(result.error().code).slug);
    if (!result->outcomes[0]) return std::string(traits(result->outcomes[0].error().code).slug);
    return std::ranges::equal(result->deks, dek_) ? "opens" : "wrong";
  }

  // What everybody may know, and what the private half makes of it; by SoftHSM's own functions.
  void use_hand() {
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    ASSERT_EQ(module_.real()->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    ASSERT_EQ(module_.real()->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &hand_),
              CKR_OK);
    CK_OBJECT_CLASS kind = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted{.type = CKA_CLASS, .pValue = &kind, .ulValueLen = sizeof kind};
    ASSERT_EQ(module_.real()->C_FindObjectsInit(hand_, &wanted, 1), CKR_OK);
    ASSERT_EQ(module_.real()->C_FindObjects(hand_, &private_key_, 1, &count), CKR_OK);
    ASSERT_EQ(module_.real()->C_FindObjectsFinal(hand_), CKR_OK);
    ASSERT_EQ(count, 1U);
  }
  OaepPublicKey public_key() {
    Bytes modulus(kOaepSize);
    CK_ATTRIBUTE attribute{.type = CKA_MODULUS, .pValue = modulus.data(), .ulValueLen = modulus.size()};
    EXPECT_EQ(module_.real()->C_GetAttributeValue(hand_, private_key_, &attribute, 1), CKR_OK);
    return *OaepPublicKey::make(modulus, Bytes{1, 0, 1});
  }
  Bytes decrypt(ByteView ciphertext) {
    CK_RSA_PKCS_OAEP_PARAMS sha1{CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, nullptr, 0};
    CK_MECHANISM oaep{.mechanism = CKM_RSA_PKCS_OAEP, .pParameter = &sha1, .ulParameterLen = sizeof sha1};
    EXPECT_EQ(module_.real()->C_DecryptInit(hand_, &oaep, private_key_), CKR_OK);
    Bytes input(ciphertext.begin(), ciphertext.end());
    Bytes plaintext(kOaepSize);
    CK_ULONG size = plaintext.size();
    EXPECT_EQ(module_.real()->C_Decrypt(hand_, input.data(), input.size(), plaintext.data(), &size), CKR_OK);
    plaintext.resize(size);
    return plaintext;
  }
  // A DEK of somebody's choosing, with a MAC under a key of theirs.
  Bytes forged(ByteView dek, ByteView mac_key, std::string_view purpose) {
    Bytes blob{4};
    append(blob, public_key().encrypt(dek).value());
    append(blob, hmac(mac_key, {as_bytes(purpose), blob, row_}));
    return blob;
  }

  SoftHsmToken token_;
  FaultyModule module_{token_};
  kaito::test::ManualClock clock_;
  SystemClock system_clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, system_clock_};
  std::unique_ptr<KeyService> service_;
  const Bytes place_ = text("org a, version 1");
  const Bytes row_ = text("seed 1, 6 digits, 30 s");
  const ByteArray<kDekSize> dek_{1, 2, 3};
  Bytes blob_;
  Bytes wrapped_;
  CK_SESSION_HANDLE hand_ = CK_INVALID_HANDLE;
  CK_OBJECT_HANDLE private_key_ = CK_INVALID_HANDLE;
};

TEST_F(HeldPair, HasTheDocumentedBytes) {
  use_hand();
  const HeldKey held = *HeldKey::parse(blob_);
  ASSERT_EQ(held.binding.size(), 417U);
  EXPECT_EQ(held.binding[0], 4);
  const Bytes secret = decrypt(ByteView(held.binding).subspan(1, kOaepSize));
  ASSERT_EQ(secret.size(), 32U);
  const auto binding_mac = hmac(
      secret, {as_bytes("kaito RSA-OAEP binding v1"), ByteView(held.binding).first(kMac), held.binding_aad(place_)});
  EXPECT_TRUE(std::ranges::equal(binding_mac, ByteView(held.binding).subspan(kMac)));
  ASSERT_EQ(wrapped_.size(), 417U);
  EXPECT_EQ(wrapped_[0], 4);
  EXPECT_TRUE(std::ranges::equal(decrypt(ByteView(wrapped_).subspan(1, kOaepSize)), dek_));
  const auto dek_mac = hmac(secret, {as_bytes("kaito RSA-OAEP DEK v1"), ByteView(wrapped_).first(kMac), row_});
  EXPECT_TRUE(std::ranges::equal(dek_mac, ByteView(wrapped_).subspan(kMac)));
}

TEST_F(HeldPair, F21F22RefusesADekThatSomebodyElseWrappedByThePublicKey) {
  use_hand();
  const HeldKey held = *HeldKey::parse(blob_);
  const Bytes theirs(kDekSize, 0x66);
  EXPECT_EQ(unwrap(forged(theirs, Bytes(32), "kaito RSA-OAEP DEK v1")), "integrity");
  // The DEK's own MAC, as with AES key wrap; and one as a binding has it.
  EXPECT_EQ(unwrap(forged(theirs, theirs, "kaito RSA-OAEP DEK v1")), "integrity");
  EXPECT_EQ(unwrap(forged(theirs, theirs, "kaito RSA-OAEP binding v1")), "integrity");
  EXPECT_EQ(unwrap(held.binding), "integrity");
  // Their DEK under the MAC of the one that was there, and what is there under a MAC of theirs.
  Bytes exchanged = forged(theirs, theirs, "kaito RSA-OAEP DEK v1");
  std::ranges::copy(ByteView(wrapped_).subspan(kMac), std::span(exchanged).subspan(kMac).begin());
  EXPECT_EQ(unwrap(exchanged), "integrity");
  EXPECT_EQ(unwrap(wrapped_), "opens");
}

TEST_F(HeldPair, F21ATokenNeverSeesWhatHasNoRightMac) {
  use_hand();
  EXPECT_EQ(unwrap(wrapped_), "opens");
  module_.fail("C_Decrypt", CKR_OK);  // counts from here
  EXPECT_EQ(unwrap(forged(Bytes(kDekSize, 0x66), Bytes(32), "kaito RSA-OAEP DEK v1")), "integrity");
  const int after_one = module_.calls("C_Decrypt");
  EXPECT_EQ(after_one, 2) << "the canary's, and the binding's: are token and key still what they were?";
  const Bytes forgery = forged(Bytes(kDekSize, 0x66), Bytes(32), "kaito RSA-OAEP DEK v1");
  const std::vector<DekToUnwrapView> many(50, {.wrapped = forgery, .aad = row_});
  EXPECT_TRUE(service_->unwrap(kek(), many));
  EXPECT_EQ(module_.calls("C_Decrypt") - after_one, 2) << "the same for fifty";
}

TEST_F(HeldPair, F21EachConnectionHasASecretOfItsOwn) {
  const Bytes again = adopt();
  EXPECT_NE(again, blob_);
  EXPECT_EQ(unwrap(wrap({.blob = again, .aad = place_}, dek_)), "integrity");
  EXPECT_EQ(unwrap(wrapped_), "opens");
}

TEST_F(HeldPair, WrapsNothingThatTheTokenDoesNotOpen) {
  for (const CK_RV value : {CKR_ENCRYPTED_DATA_INVALID, CKR_FUNCTION_FAILED}) {
    module_.fail_after("C_Decrypt", value);
    const auto wrapped = service_->wrap(kek(), std::vector<DekToWrapView>{{.dek = dek_, .aad = row_}});
    ASSERT_FALSE(wrapped);
    EXPECT_EQ(wrapped.error().code, Code::hsm_unavailable) << wrapped.error().describe();
    module_.heal();
  }
  EXPECT_EQ(unwrap(wrapped_), "opens");
}

TEST_F(HeldPair, F6IsFoundAgainWhenTheTokenWasReopened) {
  module_.fail("C_DecryptInit", CKR_SESSION_HANDLE_INVALID);
  EXPECT_EQ(unwrap(wrapped_), "opens");
  module_.heal();
  module_.fail("C_Decrypt", CKR_DEVICE_REMOVED);
  EXPECT_EQ(unwrap(wrapped_), "opens");
  EXPECT_FALSE(service_->must_restart());
}

}  // namespace
}  // namespace kaito::hsm::test
