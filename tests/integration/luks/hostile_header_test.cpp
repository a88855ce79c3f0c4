// F83: headers that somebody with the disk in hand wrote, with right checksums. Each is refused before libcryptsetup
// sees it: by name, and the device keeps every byte.
#include <boost/json/serialize.hpp>

#include "appliance/base/file.hpp"
#include "luks/header_backup.hpp"
#include "tests/fakes/luks_header/header_editor.hpp"
#include "tests/fakes/luks_header/hostile_headers.hpp"
#include "tests/integration/luks/volume_file.hpp"

namespace kaito::luks::test {
namespace {

class HostileHeaders : public VolumeFile {
 protected:
  void SetUp() override {
    VolumeFile::SetUp();
    ASSERT_TRUE(back_up_header(*volume_, file("backup")));
    const auto honest = kaito::test::read_metadata(device());
    ASSERT_TRUE(honest);
    honest_ = *honest;
  }
  [[nodiscard]] std::string content() const { return read_file(device(), kBytes + 1).value(); }

  boost::json::object honest_;
};

TEST_F(HostileHeaders, F83AreRefusedAndNothingIsWritten) {
  for (const auto& hostile : kaito::test::hostile_headers()) {
    SCOPED_TRACE(hostile.name);
    ASSERT_TRUE(kaito::test::write_metadata(device(), hostile.make(honest_)));
    const std::string before = content();
    const auto loaded = Volume::load(device());
    ASSERT_FALSE(loaded) << "a hostile header was let through";
    EXPECT_EQ(loaded.error().code, Code::integrity);
    EXPECT_NE(loaded.error().detail.find("refused"), std::string::npos) << loaded.error().detail;
    EXPECT_EQ(content(), before);
  }
}

TEST_F(HostileHeaders, F83AreNotRestoredFromABackup) {
  const std::string before = content();
  for (const auto& hostile : kaito::test::hostile_headers()) {
    SCOPED_TRACE(hostile.name);
    ASSERT_TRUE(kaito::test::write_metadata(file("backup"), hostile.make(honest_)));
    const auto restored = restore_header(device(), file("backup"), RestoreCheck::whatever_is);
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code, Code::integrity);
    EXPECT_EQ(content(), before);
  }
}

// Beside a whole honest copy, which is in force until a power cut damages it.
TEST_F(HostileHeaders, F83AreRefusedInTheOtherCopyToo) {
  for (const auto& hostile : kaito::test::hostile_headers()) {
    SCOPED_TRACE(hostile.name);
    ASSERT_TRUE(kaito::test::write_metadata(file("backup"), hostile.make(honest_)));
    std::string both(2 * kMaxHeaderBytes, '\0');
    std::ifstream(file("backup"), std::ios::binary).read(both.data(), static_cast<std::streamsize>(both.size()));
    std::fstream raw(device(), std::ios::in | std::ios::out | std::ios::binary);
    raw.seekp(kMaxHeaderBytes);
    raw.write(both.data() + kMaxHeaderBytes, kMaxHeaderBytes);
    raw.close();
    EXPECT_FALSE(Volume::load(device()));
  }
}

// The editor itself changes nothing but what it is told: an honest header written by it is taken.
TEST_F(HostileHeaders, AnHonestHeaderByTheSameHandIsTaken) {
  ASSERT_TRUE(kaito::test::write_metadata(device(), boost::json::serialize(honest_)));
  const auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded) << loaded.error().describe();
  EXPECT_TRUE(loaded->unlock(words_));
}

}  // namespace
}  // namespace kaito::luks::test
