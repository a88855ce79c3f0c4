#include "hsm/token_uri.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "appliance/base/file.hpp"

namespace kaito::hsm {
namespace {

CK_TOKEN_INFO token(std::string_view label, std::string_view serial) {
  CK_TOKEN_INFO info{};
  std::memset(info.label, ' ', sizeof info.label);
  std::memset(info.serialNumber, ' ', sizeof info.serialNumber);
  std::memcpy(info.label, label.data(), label.size());
  std::memcpy(info.serialNumber, serial.data(), serial.size());
  return info;
}

TEST(TokenUri, NamesATokenAndAPinFile) {
  const auto uri = TokenUri::parse("pkcs11:token=my%20token;serial=0123?pin-source=file:/run/pin%20file");
  ASSERT_TRUE(uri) << uri.error().describe();
  EXPECT_EQ(uri->label(), "my token");
  EXPECT_EQ(uri->pin_file(), "/run/pin file");
}

TEST(TokenUri, MatchesByLabelAndSerial) {
  const auto uri = TokenUri::parse("pkcs11:token=a;serial=1?pin-source=file:/p");
  ASSERT_TRUE(uri);
  EXPECT_TRUE(uri->matches(token("a", "1")));
  EXPECT_FALSE(uri->matches(token("a", "2")));
  EXPECT_FALSE(uri->matches(token("b", "1")));
  EXPECT_FALSE(uri->matches(token("ab", "1")));
  EXPECT_TRUE(TokenUri::parse("pkcs11:token=a?pin-source=file:/p")->matches(token("a", "2")));
}

TEST(TokenUri, TakesTheFileUriWithAnEmptyAuthority) {
  EXPECT_EQ(TokenUri::parse("pkcs11:token=a?pin-source=file:///run/pin")->pin_file(), "/run/pin");
}

TEST(TokenUri, RefusesWhatItCannotUse) {
  for (const char* text :
       {"", "token=a", "pkcs11:", "pkcs11:token=a", "pkcs11:?pin-source=file:/p", "pkcs11:serial=1?pin-source=file:/p",
        "pkcs11:token=a?pin-source=file:relative", "pkcs11:token=a?pin-source=env:PIN",
        "pkcs11:token=%zz?pin-source=file:/p", "pkcs11:token=a;unheard=of?pin-source=file:/p",
        "pkcs11:token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?pin-source=file:/p"}) {
    const auto uri = TokenUri::parse(text);
    ASSERT_FALSE(uri) << text;
    EXPECT_EQ(uri.error().code, Code::configuration) << text;
  }
}

TEST(TokenUri, RefusesAPinValueWithoutRepeatingIt) {
  const auto uri = TokenUri::parse("pkcs11:token=a?pin-value=hunter2222");
  ASSERT_FALSE(uri);
  EXPECT_EQ(uri.error().detail.find("hunter2222"), std::string::npos);
}

class PinFile : public ::testing::Test {
 protected:
  PinFile() { EXPECT_NE(::mkdtemp(directory_.data()), nullptr); }
  ~PinFile() override { std::filesystem::remove_all(directory_); }
  Result<Pin> read(std::string_view content, mode_t mode = 0600) {
    const auto path = std::filesystem::path(directory_) / "pin";
    EXPECT_TRUE(write_file_atomically(path, as_bytes(content), mode));
    return read_pin_file(path);
  }
  std::string directory_ = (std::filesystem::temp_directory_path() / "kaito-pin-XXXXXX").string();
};

TEST_F(PinFile, IsOneLineWithOrWithoutItsBreak) {
  for (const char* text : {"1234", "1234\n"}) {
    const auto pin = read(text);
    ASSERT_TRUE(pin);
    EXPECT_EQ(as_text(pin->expose_secret()), "1234");
  }
}

TEST_F(PinFile, IsRefusedWhenItIsTooShortTooLongOrHasTwoLines) {
  for (const std::string& text : {std::string(), std::string("123"), std::string("\n"), std::string(256, '1'),
                                  std::string("1234\n5678\n"), std::string("1234\n\n")})
    EXPECT_FALSE(read(text)) << text.size();
  EXPECT_TRUE(read(std::string(255, '1')));
}

TEST_F(PinFile, IsRefusedWhenOthersCanReadIt) {
  EXPECT_FALSE(read("1234", 0640));
  EXPECT_FALSE(read("1234", 0604));
  EXPECT_TRUE(read("1234", 0400));
}

TEST_F(PinFile, IsRefusedWhenItIsNotAFile) {
  EXPECT_FALSE(read_pin_file(directory_));
  EXPECT_FALSE(read_pin_file(std::filesystem::path(directory_) / "missing"));
}

}  // namespace
}  // namespace kaito::hsm
