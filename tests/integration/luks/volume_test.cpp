// C3: the LUKS2 header on a file, through libcryptsetup.
#include "luks/volume.hpp"

#include <sys/stat.h>

#include "luks/header_backup.hpp"
#include "tests/fakes/luks_header/header_editor.hpp"
#include "tests/integration/luks/volume_file.hpp"

namespace kaito::luks::test {
namespace {

class LuksVolume : public VolumeFile {};

TEST_F(LuksVolume, C3FormatsWithAes256XtsAndArgon2idAndNothingElse) {
  const HeaderFacts& facts = volume_->facts();
  EXPECT_EQ(facts.header_bytes, kMaxHeaderBytes);
  EXPECT_EQ(facts.data_offset, 16U * 1024 * 1024);
  EXPECT_EQ(facts.sector_bytes, 4096U);
  EXPECT_FALSE(facts.rotating);
  ASSERT_EQ(facts.keyslots.size(), 1U);
  EXPECT_EQ(facts.keyslots[0].kdf, "argon2id");
  EXPECT_TRUE(facts.keyslots[0].opens_data);
  EXPECT_EQ(key_.size(), 64U);
}

TEST_F(LuksVolume, OpensWithItsPassphraseAndNoOther) {
  const auto key = volume_->unlock(words_);
  ASSERT_TRUE(key);
  EXPECT_EQ(*key, key_);
  const auto wrong = volume_->unlock(Passphrase::copy_of("something else"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::unauthenticated);
  EXPECT_FALSE(volume_->unlock(Passphrase()));
  EXPECT_FALSE(volume_->unlock(words_, 7));
}

TEST_F(LuksVolume, IsTheSameAfterLoadingAgain) {
  const auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded) << loaded.error().describe();
  EXPECT_EQ(loaded->facts().uuid, volume_->facts().uuid);
  EXPECT_EQ(loaded->facts().tokens.size(), 1U);
  EXPECT_TRUE(loaded->unlock(words_));
}

TEST_F(LuksVolume, AFileWithoutAHeaderIsNotFound) {
  make_empty(file("empty"));
  const auto loaded = Volume::load(file("empty"));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::not_found);
  EXPECT_EQ(Volume::load(file("absent")).error().code, Code::not_found);
}

TEST_F(LuksVolume, AKeyslotIsAddedChangedAndKilled) {
  const auto second = Passphrase::copy_of("second words");
  const auto third = Passphrase::copy_of("third words");
  const auto slot = volume_->add_keyslot(key_, second, cheap());
  ASSERT_TRUE(slot);
  EXPECT_TRUE(volume_->unlock(second, *slot));
  ASSERT_TRUE(volume_->change_keyslot(*slot, second, third, cheap()));
  EXPECT_FALSE(volume_->unlock(second));
  EXPECT_TRUE(volume_->unlock(third, *slot));
  ASSERT_TRUE(volume_->kill_keyslot(*slot));
  EXPECT_FALSE(volume_->unlock(third));
  EXPECT_TRUE(volume_->unlock(words_));
}

TEST_F(LuksVolume, AChangedKeyslotKeepsItsToken) {
  const int slot = volume_->facts().tokens.at(0).keyslots.at(0);
  const auto fresh = Passphrase::copy_of("fresh words");
  ASSERT_TRUE(volume_->change_keyslot(slot, words_, fresh, cheap()));
  const auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded) << loaded.error().describe();
  EXPECT_EQ(loaded->facts().tokens.at(0).keyslots, std::vector<int>{slot});
  EXPECT_TRUE(loaded->unlock(fresh, slot));
}

TEST_F(LuksVolume, AKeyslotIsNotAddedWithAnotherKey) {
  const auto wrong = VolumeKey::random(64, random_);
  EXPECT_FALSE(volume_->add_keyslot(wrong, Passphrase::copy_of("x"), cheap()));
  EXPECT_FALSE(volume_->add_keyslot(key_, Passphrase(), cheap()));
  EXPECT_EQ(volume_->facts().keyslots.size(), 1U);
}

TEST_F(LuksVolume, ItsLastKeyslotIsKilledOnlyOnPurpose) {
  const auto refused = volume_->kill_keyslot(0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_FALSE(volume_->kill_keyslot(5));
  ASSERT_TRUE(volume_->kill_keyslot(0, true));
  EXPECT_FALSE(volume_->unlock(words_));
}

TEST_F(LuksVolume, AHeaderThatAPowerCutDamagedOnceIsMendedFromItsOtherCopy) {
  for (const int copy : {0, 1}) {
    ASSERT_TRUE(kaito::test::damage_copy(device(), copy));
    const auto loaded = Volume::load(device());
    ASSERT_TRUE(loaded) << loaded.error().describe();
    EXPECT_TRUE(loaded->unlock(words_));
  }
}

TEST_F(LuksVolume, AHeaderDamagedTwiceIsRefused) {
  ASSERT_TRUE(kaito::test::damage_copy(device(), 0));
  ASSERT_TRUE(kaito::test::damage_copy(device(), 1));
  const auto loaded = Volume::load(device());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::integrity);
}

TEST_F(LuksVolume, ABackupOfTheHeaderBringsKilledHeadersBack) {
  ASSERT_TRUE(back_up_header(*volume_, file("backup")));
  struct stat facts{};
  ASSERT_EQ(::stat(file("backup").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  EXPECT_EQ(back_up_header(*volume_, file("backup")).error().code, Code::conflict) << "never over an older one";

  ASSERT_TRUE(volume_->kill_keyslot(0, true));
  ASSERT_TRUE(restore_header(device(), file("backup"), RestoreCheck::same_key));
  const auto restored = Volume::load(device());
  ASSERT_TRUE(restored);
  EXPECT_TRUE(restored->unlock(words_));
}

TEST_F(LuksVolume, ABackupOfAnotherVolumeOrOfADamagedHeaderIsNotRestored) {
  ASSERT_TRUE(back_up_header(*volume_, file("backup")));
  make_empty(file("other"));
  const auto other = Volume::format(file("other"), {}, random_);
  ASSERT_TRUE(other);
  EXPECT_EQ(restore_header(file("other"), file("backup"), RestoreCheck::same_key).error().code, Code::conflict);
  ASSERT_TRUE(kaito::test::damage_copy(file("backup"), 0));
  ASSERT_TRUE(kaito::test::damage_copy(file("backup"), 1));
  EXPECT_EQ(restore_header(device(), file("backup"), RestoreCheck::whatever_is).error().code, Code::integrity);
  EXPECT_TRUE(Volume::load(device())->unlock(words_)) << "and the device is as it was";
}

TEST_F(LuksVolume, ABackupIsRestoredOverALostHeaderOnlyOnPurpose) {
  ASSERT_TRUE(back_up_header(*volume_, file("backup")));
  ASSERT_TRUE(kaito::test::damage_copy(device(), 0));
  ASSERT_TRUE(kaito::test::damage_copy(device(), 1));
  EXPECT_EQ(restore_header(device(), file("backup"), RestoreCheck::same_key).error().code, Code::conflict);
  ASSERT_TRUE(restore_header(device(), file("backup"), RestoreCheck::whatever_is));
  EXPECT_TRUE(Volume::load(device())->unlock(words_));
}

TEST_F(LuksVolume, StatusAndCloseOfAVolumeThatIsNotOpenAreNotFound) {
  EXPECT_EQ(Volume::status("kaito-not-there").error().code, Code::not_found);
  EXPECT_EQ(Volume::close("kaito-not-there").error().code, Code::not_found);
}

}  // namespace
}  // namespace kaito::luks::test
