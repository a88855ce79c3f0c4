// C3: a TPM's way that outlives updates of the boot image, because the image's builder signs what the new one measures.
#include "luks/ways/signed_policy.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "appliance/base/file.hpp"
#include "luks/ways/tpm2.hpp"
#include "tests/integration/luks/image_builder.hpp"
#include "tests/integration/luks/soft_tpm.hpp"
#include "tests/integration/luks/volume_file.hpp"

namespace kaito::luks::test {
namespace {

constexpr std::uint8_t kOldImage = 0x41;
constexpr std::uint8_t kNewImage = 0x42;

class SignedPolicy : public VolumeFile {
 protected:
  void SetUp() override {
    if (!SoftTpm::available()) GTEST_SKIP() << "swtpm is not installed";
    VolumeFile::SetUp();
    fs::create_directory(file("tpm"));
    tpm_.emplace(file("tpm"));
  }
  // A boot: the stub measures the image.
  void boot(std::uint8_t image) {
    tpm_->lose_power();
    tpm_->extend(kImagePcr, image);
  }
  Result<Tpm2::Sealed> seal(std::vector<unsigned> pcrs, const std::optional<BootPolicy>& policy) {
    KAITO_TRY(Tpm2 tpm, Tpm2::connect(tpm_->tcti()));
    return tpm.seal(std::move(pcrs), random_, policy);
  }
  Result<Passphrase> unseal(const Tpm2Record& record, const std::string& signatures) {
    KAITO_TRY(Tpm2 tpm, Tpm2::connect(tpm_->tcti()));
    return tpm.unseal(record, signatures);
  }

  std::optional<SoftTpm> tpm_;
  ImageBuilder builder_;
};

TEST_F(SignedPolicy, C3AnUpdatedImageThatIsSignedOpensTheVolume) {
  boot(kOldImage);
  const auto sealed = seal({7}, builder_.image_that_measures(kOldImage));
  ASSERT_TRUE(sealed) << sealed.error().describe();
  ASSERT_TRUE(enrol(*volume_, key_, sealed->secret, sealed->record, cheap()));

  for (const std::uint8_t image : {kOldImage, kNewImage}) {
    boot(image);
    const auto loaded = Volume::load(device());
    ASSERT_TRUE(loaded) << loaded.error().describe();
    const TokenFacts& token = loaded->facts().tokens.at(1);
    const auto record = parse_token_record(token.record);
    ASSERT_TRUE(record);
    const auto secret = unseal(std::get<Tpm2Record>(*record), builder_.image_that_measures(image).signatures);
    ASSERT_TRUE(secret) << secret.error().describe();
    EXPECT_TRUE(loaded->unlock(*secret, token.keyslots.at(0)));
  }
}

TEST_F(SignedPolicy, AnImageThatNobodySignedOpensNothing) {
  boot(kOldImage);
  const BootPolicy policy = builder_.image_that_measures(kOldImage);
  const auto sealed = seal({7}, policy);
  ASSERT_TRUE(sealed);
  boot(kNewImage);
  EXPECT_EQ(unseal(sealed->record, policy.signatures).error().code, Code::unauthenticated);
  EXPECT_EQ(unseal(sealed->record, {}).error().code, Code::unauthenticated);
}

TEST_F(SignedPolicy, AnotherBuildersSignatureOpensNothing) {
  const ImageBuilder stranger;
  boot(kOldImage);
  const auto sealed = seal({}, builder_.image_that_measures(kOldImage));
  ASSERT_TRUE(sealed);
  EXPECT_EQ(unseal(sealed->record, stranger.image_that_measures(kOldImage).signatures).error().code,
            Code::unauthenticated);
  // Not even with the stranger's key in the token: the policy that the TPM enforces names the builder's.
  Tpm2Record changed = sealed->record;
  changed.signed_by = stranger.public_key();
  EXPECT_EQ(unseal(changed, stranger.image_that_measures(kOldImage).signatures).error().code, Code::unauthenticated);
}

TEST_F(SignedPolicy, AnAlteredSignatureIsRefusedByTheTpm) {
  boot(kOldImage);
  const BootPolicy policy = builder_.image_that_measures(kOldImage);
  const auto sealed = seal({}, policy);
  ASSERT_TRUE(sealed);
  auto json = boost::json::parse(policy.signatures);
  auto& signature = json.at("sha256").at(0).as_object()["sig"];
  Bytes bytes = from_base64(std::string_view(signature.as_string())).value();
  bytes[100] ^= 1;
  signature = to_base64(bytes);
  EXPECT_EQ(unseal(sealed->record, boost::json::serialize(json)).error().code, Code::unauthenticated);
  EXPECT_TRUE(unseal(sealed->record, policy.signatures));
}

TEST_F(SignedPolicy, TheOtherRegistersStayBoundToTheirValues) {
  boot(kOldImage);
  const BootPolicy policy = builder_.image_that_measures(kOldImage);
  const auto sealed = seal({7}, policy);
  ASSERT_TRUE(sealed);
  EXPECT_TRUE(unseal(sealed->record, policy.signatures));
  tpm_->extend(7, 0x01);
  EXPECT_EQ(unseal(sealed->record, policy.signatures).error().code, Code::unauthenticated);
}

TEST_F(SignedPolicy, TheRightSignatureIsFoundAmongMany) {
  boot(kNewImage);
  const auto sealed = seal({}, builder_.image_that_measures(kNewImage));
  ASSERT_TRUE(sealed);
  const std::string many =
      builder_.signatures({extended_once(1), extended_once(kOldImage), extended_once(kNewImage), extended_once(2)});
  EXPECT_TRUE(unseal(sealed->record, many));
}

TEST_F(SignedPolicy, MalformedSignaturesAreRefused) {
  boot(kOldImage);
  const auto sealed = seal({}, builder_.image_that_measures(kOldImage));
  ASSERT_TRUE(sealed);
  for (const std::string text : {"{", "[]", R"({"sha256":{}})", R"({"sha256":[1,null,{"pcrs":"11"}]})"}) {
    const auto secret = unseal(sealed->record, text);
    ASSERT_FALSE(secret) << text;
    EXPECT_TRUE(secret.error().code == Code::invalid_request || secret.error().code == Code::unauthenticated) << text;
  }
}

TEST_F(SignedPolicy, SealsToNoKeyThatIsNone) {
  for (const std::string pem : {"", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"})
    EXPECT_EQ(seal({7}, BootPolicy{.public_key = pem, .signatures = {}}).error().code, Code::configuration);
  const ImageBuilder weak(1024);
  EXPECT_EQ(seal({7}, weak.image_that_measures(kOldImage)).error().code, Code::configuration);
  EXPECT_EQ(seal({kImagePcr}, builder_.image_that_measures(kOldImage)).error().code, Code::invalid_request);
}

TEST(BootPolicyFiles, AreReadWhereTheBootImageLeavesThem) {
  const fs::path directory = fs::path(::testing::TempDir()) / fmt::format("boot-policy-{}", ::getpid());
  fs::create_directory(directory);
  const auto none = read_boot_policy(directory);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  ASSERT_TRUE(write_file_atomically(directory / "tpm2-pcr-public-key.pem", as_bytes("key")));
  EXPECT_EQ(read_boot_policy(directory).value()->signatures, "");
  ASSERT_TRUE(write_file_atomically(directory / "tpm2-pcr-signature.json", as_bytes("{}")));
  const auto both = read_boot_policy(directory);
  ASSERT_TRUE(both && *both);
  EXPECT_EQ((*both)->public_key, "key");
  EXPECT_EQ((*both)->signatures, "{}");
  ASSERT_TRUE(write_file_atomically(directory / "tpm2-pcr-signature.json", Bytes(256 * 1024 + 1)));
  EXPECT_FALSE(read_boot_policy(directory)) << "a file that is too long";
  fs::remove_all(directory);
}

}  // namespace
}  // namespace kaito::luks::test
