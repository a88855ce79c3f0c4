// C3: what is found out before a rotation of the volume key changes anything, and how an unfinished one is treated. The
// rotation itself, under load and through power cuts, is tested in a guest.
#include "luks/rotation.hpp"

#include "appliance/base/file.hpp"
#include "luks/header_backup.hpp"
#include "tests/integration/luks/volume_file.hpp"

namespace kaito::luks::test {
namespace {

class Rotation : public VolumeFile {
 protected:
  static bool pause(const RotationProgress&) { return false; }

  [[nodiscard]] std::string content() const { return read_file(device(), kBytes + 1).value(); }

  RotationRequest keep_all() {
    RotationRequest request{.cost = cheap()};
    request.kept.push_back({.token = 0, .secret = words_.duplicate()});
    return request;
  }
  void expect_refused(const RotationRequest& request, Code code) {
    const std::string before = content();
    const auto end = rotate_volume_key(*volume_, request, random_, pause);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, code) << end.error().describe();
    EXPECT_EQ(content(), before) << "the header was changed";
  }
};

TEST_F(Rotation, IsRefusedUnlessEveryWayIsKeptOrDropped) {
  ASSERT_TRUE(enrol(*volume_, key_, Passphrase::copy_of("second words"), RecoveryRecord{}, cheap()));
  expect_refused(keep_all(), Code::invalid_request);
  expect_refused({.dropped = {0, 1}, .cost = cheap()}, Code::invalid_request);
  RotationRequest twice = keep_all();
  twice.dropped = {0, 1};
  expect_refused(twice, Code::invalid_request);
  RotationRequest unknown = keep_all();
  unknown.dropped = {1, 7};
  expect_refused(unknown, Code::invalid_request);
}

TEST_F(Rotation, IsRefusedForAWrongPassphrase) {
  RotationRequest request{.cost = cheap()};
  request.kept.push_back({.token = 0, .secret = Passphrase::copy_of("wrong")});
  expect_refused(request, Code::unauthenticated);
}

TEST_F(Rotation, IsRefusedWhileThereAreOrphans) {
  ASSERT_TRUE(volume_->add_keyslot(key_, Passphrase::copy_of("half"), cheap()));
  expect_refused(keep_all(), Code::conflict);
}

TEST_F(Rotation, IsNotResumedWhenThereIsNone) {
  EXPECT_EQ(resume_rotation(*volume_, std::nullopt, words_, pause).error().code, Code::wrong_state);
}

// Where there is no device-mapper the first slice fails; begun it has all the same.
TEST_F(Rotation, OnceBegunItIsKnownAndNothingElseChangesTheHeader) {
  fs::resize_file(device(), 48 * 1024 * 1024);
  static_cast<void>(rotate_volume_key(*volume_, keep_all(), random_, pause));
  auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded) << loaded.error().describe();
  EXPECT_TRUE(loaded->facts().rotating);
  EXPECT_TRUE(loaded->facts().orphan_keyslots().empty());
  ASSERT_EQ(loaded->facts().tokens.size(), 1U);
  EXPECT_EQ(loaded->facts().tokens[0].keyslots.size(), 2U) << "the old key's and the new one's";

  const auto more = Passphrase::copy_of("more words");
  EXPECT_EQ(loaded->add_keyslot(key_, more, cheap()).error().code, Code::conflict);
  EXPECT_EQ(loaded->change_keyslot(0, words_, more, cheap()).error().code, Code::conflict);
  EXPECT_EQ(remove_way(*loaded, 0).error().code, Code::conflict);
  EXPECT_EQ(remove_orphans(*loaded).error().code, Code::conflict);
  EXPECT_EQ(back_up_header(*loaded, file("backup")).error().code, Code::conflict);
  EXPECT_EQ(rotate_volume_key(*loaded, keep_all(), random_, pause).error().code, Code::conflict);
}

}  // namespace
}  // namespace kaito::luks::test
