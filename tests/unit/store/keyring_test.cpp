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

}  // namespace
}  // namespace kaito::store::sqlite
