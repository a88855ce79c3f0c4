#include <sys/stat.h>

#include <fstream>

#include "appliance/base/random.hpp"
#include "appliance/store/sqlite/sqlite_keyring.hpp"
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store::sqlite {
namespace {

using samples::nth;

class SqliteKeyring : public testing::Test {
 protected:
  std::unique_ptr<Keyring> open() {
    auto opened = open_keyring(path_);
    if (!opened) ADD_FAILURE() << opened.error().describe();
    return opened ? *std::move(opened) : nullptr;
  }
  KeyringEntry entry(std::uint32_t org, KeyVersion version) {
    KeyringEntry entry{.org = nth<OrgId>(org), .version = version, .platform_version = 1, .blob = Bytes(61)};
    random_.fill(entry.blob);
    return entry;
  }
  // Whether the bytes stand anywhere in a file of the keyring's directory.
  bool on_disk(ByteView needle) {
    for (const auto& file : std::filesystem::directory_iterator(path_.parent_path())) {
      std::ifstream stream(file.path(), std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(stream), {});
      if (content.find(as_text(needle)) != std::string::npos) return true;
    }
    return false;
  }

  SystemRandom random_;
  samples::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "keyring" / "keyring.db";
};

TEST_F(SqliteKeyring, KeepsEveryVersionAcrossAReopening) {
  const auto first = entry(1, 1);
  const auto second = entry(1, 2);
  {
    const auto keyring = open();
    EXPECT_DONE(keyring->insert(first));
    EXPECT_DONE(keyring->insert(second));
    EXPECT_DONE(keyring->insert(entry(2, 1)));
  }
  const auto keyring = open();
  EXPECT_EQ(keyring->find(first.org, 2).value()->blob, second.blob);
  EXPECT_EQ(keyring->entries_of(first.org).value().size(), 2U);
  EXPECT_EQ(keyring->orgs().value(), (std::vector{nth<OrgId>(1), nth<OrgId>(2)}));
  EXPECT_FALSE(keyring->find(nth<OrgId>(3), 1).value());
}

TEST_F(SqliteKeyring, AnImportedKeysCheckValueStaysWithItThroughARewrapping) {
  const auto keyring = open();
  auto imported = entry(1, 1);
  imported.check_value = {0x0a, 0x0b, 0x0c};
  EXPECT_DONE(keyring->insert(imported));
  const RewrappedEntry rewrapped{.before = imported, .platform_version = 2, .blob = Bytes(61, 7)};
  EXPECT_DONE(keyring->rewrap({&rewrapped, 1}));
  EXPECT_EQ(keyring->find(imported.org, 1).value()->check_value, imported.check_value);
  EXPECT_EQ(keyring->find(imported.org, 1).value()->platform_version, 2U);
  auto longer = entry(1, 2);
  longer.check_value = Bytes(16, 1);
  EXPECT_EQ(keyring->insert(longer).error().field, "check_value");
}

TEST_F(SqliteKeyring, AVersionIsNeverReplaced) {
  const auto keyring = open();
  const auto first = entry(1, 1);
  EXPECT_DONE(keyring->insert(first));
  EXPECT_CODE(keyring->insert(entry(1, 1)), Code::conflict);
  EXPECT_EQ(keyring->find(first.org, 1).value()->blob, first.blob);
}

TEST_F(SqliteKeyring, F88ARemovedBlobIsInNoFileWhenRemoveReturns) {
  const auto keyring = open();
  std::vector<KeyringEntry> entries;
  for (std::uint32_t n = 1; n <= 90; ++n) {
    entries.push_back(entry(n, 1));
    EXPECT_DONE(keyring->insert(entries.back()));
  }
  ASSERT_TRUE(on_disk(entries[45].blob));
  for (std::size_t n = 40; n < 50; ++n) EXPECT_DONE(keyring->remove(entries[n].org));
  for (std::size_t n = 40; n < 50; ++n) EXPECT_FALSE(on_disk(entries[n].blob)) << n;
  EXPECT_TRUE(on_disk(entries[39].blob));
  EXPECT_FALSE(keyring->find(entries[45].org, 1).value());
  EXPECT_DONE(keyring->remove(entries[45].org));
}

TEST_F(SqliteKeyring, F28EveryFileIsPrivate) {
  const mode_t before = ::umask(0);
  const auto keyring = open();
  EXPECT_DONE(keyring->insert(entry(1, 1)));
  ::umask(before);
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(path_.parent_path())) {
    struct stat status{};
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U) << file.path();
    ++files;
  }
  EXPECT_EQ(files, 3U);  // database, journal, lock
}

TEST_F(SqliteKeyring, ASecondOwnerIsRefused) {
  const auto keyring = open();
  EXPECT_CODE(open_keyring(path_), Code::configuration);
}

TEST_F(SqliteKeyring, EveryFieldOfAnEntryIsKept) {
  const auto keyring = open();
  auto kept = entry(1, 3);
  kept.created_at = samples::kNow;
  kept.invocations = 7;
  EXPECT_DONE(keyring->insert(kept));
  EXPECT_EQ(keyring->find(kept.org, 3).value(), kept);
}

TEST_F(SqliteKeyring, RewrapsWhatIsAsItWasReadAndNothingElse) {
  const auto keyring = open();
  std::vector<RewrappedEntry> rewrapped;
  for (std::uint32_t n = 1; n <= 3; ++n) {
    EXPECT_DONE(keyring->insert(entry(n, 1)));
    rewrapped.push_back({keyring->find(nth<OrgId>(n), 1).value().value(), 2, Bytes(61, 9)});
  }
  rewrapped[1].before.blob.back() ^= 1;  // another blob than the one that is there
  EXPECT_DONE(keyring->remove(nth<OrgId>(3)));
  EXPECT_DONE(keyring->rewrap(rewrapped));
  EXPECT_EQ(keyring->find(nth<OrgId>(1), 1).value()->platform_version, 2U);
  EXPECT_EQ(keyring->find(nth<OrgId>(1), 1).value()->blob, Bytes(61, 9));
  EXPECT_EQ(keyring->find(nth<OrgId>(2), 1).value()->platform_version, 1U);
  EXPECT_FALSE(keyring->find(nth<OrgId>(3), 1).value());
  EXPECT_EQ(keyring->count_below(2).value(), 1U);
  EXPECT_EQ(keyring->entries_below(2, {}, 10).value().front().org, nth<OrgId>(2));
  EXPECT_TRUE(keyring->entries_below(2, {nth<OrgId>(2), 1}, 10).value().empty());
}

TEST_F(SqliteKeyring, TheFloorIsRaisedOnlyAboveNothingAndStays) {
  {
    const auto keyring = open();
    EXPECT_DONE(keyring->insert(entry(1, 1)));
    EXPECT_CODE(keyring->raise_floor(2), Code::conflict);
    EXPECT_DONE(keyring->remove(nth<OrgId>(1)));
    EXPECT_DONE(keyring->raise_floor(2));
    EXPECT_DONE(keyring->raise_floor(1));
  }
  const auto keyring = open();
  EXPECT_EQ(keyring->floor().value(), 2U);
  const auto refused = keyring->insert(entry(1, 1));
  EXPECT_CODE(refused, Code::conflict);
  EXPECT_EQ(refused.error().field, "platform_version");
  auto elsewhere = entry(2, 1);
  elsewhere.platform_version = 0;  // another HSM's
  EXPECT_DONE(keyring->insert(elsewhere));
  EXPECT_EQ(keyring->count_below(9).value(), 0U);
}

TEST_F(SqliteKeyring, F14InvocationsOutliveARestart) {
  EXPECT_DONE(open()->insert(entry(1, 1)));
  EXPECT_EQ(open()->reserve(nth<OrgId>(1), 1, 100).value(), 0U);
  const auto keyring = open();
  EXPECT_EQ(keyring->reserve(nth<OrgId>(1), 1, 100).value(), 100U);
  EXPECT_CODE(keyring->reserve(nth<OrgId>(2), 1, 100), Code::not_found);
  EXPECT_TRUE(keyring->worn_out(from_unix_ms(0), 201, 10).value().empty());
  ASSERT_EQ(keyring->worn_out(from_unix_ms(0), 200, 10).value().size(), 1U);
  EXPECT_DONE(keyring->insert(entry(1, 2)));
  EXPECT_TRUE(keyring->worn_out(from_unix_ms(0), 200, 10).value().empty()) << "only the newest version counts";
}

TEST_F(SqliteKeyring, AKeyInAnotherHsmDoesNotAgeButWearsOut) {
  const auto keyring = open();
  auto foreign = entry(1, 1);
  foreign.platform_version = 0;
  EXPECT_DONE(keyring->insert(foreign));
  EXPECT_TRUE(keyring->worn_out(from_unix_ms(1'000'000), 100, 10).value().empty());
  EXPECT_EQ(keyring->reserve(foreign.org, 1, 100).value(), 0U);
  EXPECT_EQ(keyring->worn_out(from_unix_ms(0), 100, 10).value().size(), 1U);
  // Nor is it the platform's to rotate.
  EXPECT_EQ(keyring->count_below(9).value(), 0U);
  EXPECT_DONE(keyring->raise_floor(9));
}

TEST_F(SqliteKeyring, VersionsFromOneOnAreRemovedFromDiskToo) {
  const auto keyring = open();
  const auto kept = entry(1, 1);
  const auto dropped = entry(1, 2);
  for (const auto& one : {kept, dropped, entry(1, 3), entry(2, 2)}) EXPECT_DONE(keyring->insert(one));
  EXPECT_DONE(keyring->remove_from(kept.org, 2));
  EXPECT_EQ(keyring->entries_of(kept.org).value().size(), 1U);
  EXPECT_EQ(keyring->entries_of(nth<OrgId>(2)).value().size(), 1U);
  EXPECT_FALSE(on_disk(dropped.blob));
  EXPECT_TRUE(on_disk(kept.blob));
}

TEST_F(SqliteKeyring, AnImageOpensAsAKeyring) {
  const auto keyring = open();
  EXPECT_DONE(keyring->insert(entry(1, 1)));
  const auto changes = keyring->changes();
  const auto image = keyring->image().value();
  EXPECT_DONE(keyring->insert(entry(2, 1)));
  EXPECT_GT(keyring->changes(), changes);
  const auto path = directory_.path() / "copy.db";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
  const auto copy = open_keyring(path);
  EXPECT_DONE(copy);
  EXPECT_EQ((*copy)->orgs().value(), std::vector{nth<OrgId>(1)});
}

}  // namespace
}  // namespace kaito::store::sqlite
