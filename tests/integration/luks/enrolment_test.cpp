// C3: enrolment is whole or not at all.
#include "luks/ways/enrolment.hpp"

#include <fmt/format.h>
#include <libcryptsetup.h>

#include <cstdlib>

#include "appliance/base/file.hpp"
#include "tests/integration/luks/volume_file.hpp"

namespace kaito::luks::test {
namespace {

class Enrolment : public VolumeFile {};

TEST_F(Enrolment, LeavesAKeyslotAndTheTokenThatNamesIt) {
  const auto second = Passphrase::copy_of("second words");
  const auto enrolled = enrol(*volume_, key_, second, RecoveryRecord{}, cheap());
  ASSERT_TRUE(enrolled);
  const auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded);
  ASSERT_TRUE(loaded->facts().token(enrolled->token));
  EXPECT_EQ(loaded->facts().token(enrolled->token)->keyslots, std::vector<int>{enrolled->keyslot});
  EXPECT_TRUE(loaded->unlock(second, enrolled->keyslot));
  EXPECT_TRUE(loaded->facts().orphan_keyslots().empty());
}

TEST_F(Enrolment, AWayIsRemovedButNeverTheLast) {
  const auto second = Passphrase::copy_of("second words");
  const auto enrolled = enrol(*volume_, key_, second, RecoveryRecord{}, cheap());
  ASSERT_TRUE(enrolled);
  ASSERT_TRUE(remove_way(*volume_, enrolled->token));
  EXPECT_FALSE(volume_->unlock(second));
  EXPECT_EQ(remove_way(*volume_, 0).error().code, Code::conflict);
  EXPECT_EQ(remove_way(*volume_, enrolled->token).error().code, Code::not_found);
  EXPECT_TRUE(volume_->unlock(words_));
}

TEST_F(Enrolment, IsUndoneWhenItsTokenCannotBeWritten) {
  // 32 tokens are all that LUKS2 has room for.
  const boost::json::object empty{{"type", "systemd-recovery"}, {"keyslots", boost::json::array{}}};
  while (volume_->facts().tokens.size() < 32) ASSERT_TRUE(volume_->add_token(empty));
  EXPECT_FALSE(enrol(*volume_, key_, Passphrase::copy_of("second words"), RecoveryRecord{}, cheap()));
  const auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->facts().keyslots.size(), 1U);
}

TEST_F(Enrolment, OrphansAreNamedAndRemovedAndTheRestStays) {
  const auto slot = volume_->add_keyslot(key_, Passphrase::copy_of("half"), cheap());
  ASSERT_TRUE(slot);
  const auto token = volume_->add_token({{"type", "systemd-recovery"}, {"keyslots", boost::json::array{}}});
  ASSERT_TRUE(token);
  auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->facts().orphan_keyslots(), std::vector<int>{*slot});
  EXPECT_EQ(loaded->facts().orphan_tokens(), std::vector<int>{*token});
  const auto removed = remove_orphans(*loaded);
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->keyslots, std::vector<int>{*slot});
  EXPECT_EQ(removed->tokens, std::vector<int>{*token});
  EXPECT_TRUE(loaded->unlock(words_));
  EXPECT_TRUE(remove_orphans(*loaded)->keyslots.empty()) << "a second time there is nothing";
}

// What a power cut leaves between the first keyslot of a new volume key and the begin of its rotation.
TEST_F(Enrolment, KeyslotsOfARotationThatNeverBeganAreOrphans) {
  const auto other = VolumeKey::random(64, random_);
  const ByteView key = other.expose_secret();
  const ByteView words = words_.expose_secret();
  crypt_device* const crypt = volume_->crypt().get();
  const int slot = crypt_keyslot_add_by_key(crypt, CRYPT_ANY_SLOT, chars(key), key.size(), chars(words), words.size(),
                                            CRYPT_VOLUME_KEY_NO_SEGMENT);
  ASSERT_GE(slot, 0);
  ASSERT_GE(crypt_token_assign_keyslot(crypt, 0, slot), 0);
  auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded) << loaded.error().describe();
  EXPECT_EQ(loaded->facts().orphan_keyslots(), std::vector<int>{slot});
  ASSERT_TRUE(remove_orphans(*loaded));
  EXPECT_EQ(loaded->facts().tokens.at(0).keyslots, std::vector<int>{0});
  EXPECT_TRUE(loaded->unlock(words_));
}

TEST_F(Enrolment, AnOrphanThatIsTheLastKeyslotStays) {
  ASSERT_TRUE(volume_->remove_token(0));
  const auto removed = remove_orphans(*volume_);
  ASSERT_TRUE(removed);
  EXPECT_TRUE(removed->keyslots.empty());
  EXPECT_TRUE(volume_->unlock(words_));
}

// Killed at each write to the header in turn: the old way opens the volume, and the new one is there whole or leaves at
// most an orphan, which is removed.
TEST_F(Enrolment, KilledAtEachOfItsWritesItLeavesTheOldStateOrAWholeNewWay) {
  if (std::system("strace -qq -o /dev/null true 2>/dev/null") != 0)
    GTEST_SKIP() << "strace is not installed, or ptrace is not allowed here";
  const auto second = Passphrase::copy_of("second words");
  const std::string words(as_text(words_.expose_secret()));
  fs::copy_file(device(), file("pristine"));
  int whole = 0;
  int orphaned = 0;
  int kills = 0;
  for (int call = 1;; ++call) {
    fs::copy_file(file("pristine"), device(), fs::copy_options::overwrite_existing);
    const std::string command = fmt::format(
        "ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\" strace -qq -o {} -P {} -e trace=write,pwrite64,lseek "
        "-e inject=write,pwrite64:signal=SIGKILL:when={} -- {} {} {} 'second words' > {}",
        file("trace").string(), device().string(), call, KAITO_VICTIM, device().string(), words, file("out").string());
    const int status = std::system(command.c_str());
    SCOPED_TRACE(fmt::format("write {}", call));
    auto loaded = Volume::load(device());
    ASSERT_TRUE(loaded) << loaded.error().describe();
    ASSERT_TRUE(loaded->unlock(words_)) << "the old way is lost";
    const bool has_token = loaded->facts().tokens.size() == 2;
    if (has_token) ASSERT_TRUE(loaded->unlock(second, loaded->facts().tokens[1].keyslots.at(0)));
    whole += has_token;
    orphaned += !loaded->facts().orphan_keyslots().empty();
    ASSERT_TRUE(remove_orphans(*loaded));
    EXPECT_EQ(loaded->facts().keyslots.size(), has_token ? 2U : 1U);
    if (status == 0) break;
    ++kills;
    ASSERT_LT(call, 200) << "the victim never ends by itself";
  }
  EXPECT_GE(kills, 4) << "fewer writes than a keyslot and two copies of the header, twice, take";
  EXPECT_GE(orphaned, 1);
  EXPECT_GE(whole, 1);
  RecordProperty("kills", kills);
}

}  // namespace
}  // namespace kaito::luks::test
