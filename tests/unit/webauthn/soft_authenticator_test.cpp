// The stand-in must itself be right: what it remembers, and how it speaks CTAPHID.
#include "tests/fakes/soft_authenticator/soft_authenticator.hpp"

#include <cstdlib>
#include <filesystem>

#include "appliance/base/file.hpp"
#include "tests/fakes/soft_authenticator/ctap_hid.hpp"
#include "tests/unit/webauthn/ceremony_fixture.hpp"

namespace kaito::test {
namespace {

class SoftAuthenticatorTest : public webauthn::CeremonyTest {
 protected:
  SoftAuthenticatorTest() {
    std::string name = (std::filesystem::temp_directory_path() / "kaito-soft-XXXXXX").string();
    directory = mkdtemp(name.data());
  }
  ~SoftAuthenticatorTest() override { std::filesystem::remove_all(directory); }

  std::filesystem::path directory;
};

TEST_F(SoftAuthenticatorTest, KeepsCredentialsAndCountersInItsFile) {
  enrol();
  ASSERT_TRUE(check(make_assertion()));
  const auto path = directory / "key.json";
  ASSERT_TRUE(key.save(path));
  EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

  auto loaded = SoftAuthenticator::load(path);
  ASSERT_TRUE(loaded) << loaded.error().describe();
  EXPECT_EQ(loaded->root_certificate(), key.root_certificate());
  key = *std::move(loaded);
  const auto asserted = check(make_assertion());
  ASSERT_TRUE(asserted) << asserted.error().describe();
  EXPECT_EQ(asserted->sign_count, 3U);
}

TEST_F(SoftAuthenticatorTest, SaysWhatIsWrongWithItsFile) {
  const auto path = directory / "key.json";
  ASSERT_TRUE(write_file_atomically(path, as_bytes("{}")));
  EXPECT_FALSE(SoftAuthenticator::load(path));
  EXPECT_FALSE(SoftAuthenticator::load(directory / "absent"));
}

// A host that speaks CTAPHID by hand, report by report.
class CtapHidTest : public testing::Test {
 protected:
  static Report init_packet(std::uint32_t channel, std::uint8_t command, const Bytes& payload, std::size_t length) {
    Bytes bytes;
    append_u32(bytes, channel);
    append_u8(bytes, command | 0x80);
    append_u16(bytes, static_cast<std::uint16_t>(length));
    append(bytes, payload);
    Report report{};
    std::ranges::copy(bytes, report.begin());
    return report;
  }

  std::uint32_t open_channel() {
    hid.receive(init_packet(0xffffffff, 0x06, Bytes(8, 0x77), 8));
    const Report reply = hid.next_report().value();
    EXPECT_EQ(reply[4], 0x86);
    EXPECT_EQ(reply[7], 0x77);
    return static_cast<std::uint32_t>(reply[15]) << 24 | static_cast<std::uint32_t>(reply[16]) << 16 |
           static_cast<std::uint32_t>(reply[17]) << 8 | reply[18];
  }

  std::uint8_t error() {
    const Report reply = hid.next_report().value();
    EXPECT_EQ(reply[4], 0xbf);
    return reply[7];
  }

  SoftAuthenticator key;
  CtapHid hid{key};
};

TEST_F(CtapHidTest, GivesEachHostAChannelOfItsOwn) { EXPECT_NE(open_channel(), open_channel()); }

TEST_F(CtapHidTest, EchoesAPingThatSpansReports) {
  const std::uint32_t channel = open_channel();
  hid.receive(init_packet(channel, 0x01, Bytes(57, 0xaa), 60));
  EXPECT_FALSE(hid.next_report());
  Report more{};
  std::ranges::copy(init_packet(channel, 0, {}, 0), more.begin());
  more[4] = 0;
  more[5] = more[6] = more[7] = 0xbb;
  hid.receive(more);
  ASSERT_TRUE(hid.next_report());
  EXPECT_EQ(hid.next_report().value()[5], 0xbb);
}

TEST_F(CtapHidTest, RefusesForeignChannelsWrongSequencesAndUnknownCommands) {
  hid.receive(init_packet(77, 0x01, {1}, 1));
  EXPECT_EQ(error(), 0x0b);
  const std::uint32_t channel = open_channel();
  hid.receive(init_packet(channel, 0x2a, {1}, 1));
  EXPECT_EQ(error(), 0x01);
  hid.receive(init_packet(channel, 0x10, {}, 8000));
  EXPECT_EQ(error(), 0x03);
  hid.receive(init_packet(channel, 0x10, Bytes(57), 60));
  Report wrong = init_packet(channel, 0, {}, 0);
  wrong[4] = 5;
  hid.receive(wrong);
  EXPECT_EQ(error(), 0x04);
}

TEST_F(CtapHidTest, AnswersBrokenCtapMessagesWithAStatus) {
  EXPECT_EQ(key.ctap2({}), Bytes{0x12});
  EXPECT_EQ(key.ctap2(Bytes{0x01, 0xff}), Bytes{0x12});
  EXPECT_EQ(key.ctap2(Bytes{0x01, 0xa0}), Bytes{0x14});
  EXPECT_EQ(key.ctap2(Bytes{0x55, 0xa0}), Bytes{0x01});
}

}  // namespace
}  // namespace kaito::test
