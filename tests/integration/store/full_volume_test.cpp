// A real volume that is really full: a small tmpfs, which only root can mount.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "appliance/base/unique_fd.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/integration/store/check_integrity.hpp"
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store::sqlite {
namespace {

using samples::nth;

class SmallVolume : public testing::Test {
 protected:
  void SetUp() override {
    mounted_ = ::mount("tmpfs", directory_.path().c_str(), "tmpfs", MS_NODEV | MS_NOSUID, "size=8m") == 0;
    if (!mounted_) GTEST_SKIP() << "no right to mount a tmpfs here";
  }
  void TearDown() override {
    if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }

  // Leaves `bytes` free.
  void fill(std::uint64_t bytes) {
    const UniqueFd fd(::open(filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const auto size = static_cast<off_t>(free_space_of_volume(directory_.path()).value() - bytes);
    ASSERT_EQ(::posix_fallocate(fd.get(), 0, size), 0);
  }
  void free() { std::filesystem::remove(filler()); }
  [[nodiscard]] std::filesystem::path filler() const { return directory_.path() / "filler"; }

  samples::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "data" / "store.db";
  samples::SilentLog log_;
  bool mounted_ = false;
};

Job add_org(std::uint32_t n) {
  return [n](Writer& writer) -> Status {
    KAITO_CHECK(writer.put_meta("filling" + std::to_string(n), Bytes(20'000, 1)));
    return writer.insert(samples::org(n));
  };
}

TEST_F(SmallVolume, F27WhenItIsFullReadsWorkWritesAreRefusedAndNothingIsCorrupt) {
  std::uint32_t last = 0;
  {
    auto store = open_store(path_, {.reserve_bytes = 0}, log_.logger());
    ASSERT_TRUE(store) << store.error().describe();
    fill(1 << 20);
    Status done;
    while ((done = samples::write(**store, add_org(last + 1)))) ++last;
    EXPECT_EQ(done.error().code, Code::storage_full);
    EXPECT_GT(last, 5U);
    for (int i = 0; i < 5; ++i) EXPECT_CODE(samples::write(**store, add_org(last + 1)), Code::storage_full);
    EXPECT_FALSE((*store)->statistics().failed);
    EXPECT_TRUE((*store)->snapshot().value()->org(nth<OrgId>(last)).value());
    free();
    EXPECT_DONE(samples::write(**store, add_org(last + 1)));
  }
  {
    auto store = open_store(path_, {.reserve_bytes = 0}, log_.logger());
    ASSERT_TRUE(store) << store.error().describe();
    EXPECT_EQ((*store)->snapshot().value()->orgs({.limit = 1000, .cursor = {}}).value().rows.size(), last + 1);
  }
  EXPECT_EQ(integrity_of(path_), "ok");
}

TEST_F(SmallVolume, F27TheReserveIsKeptForRecords) {
  auto store = open_store(path_, {.reserve_bytes = 2 << 20}, log_.logger());
  ASSERT_TRUE(store) << store.error().describe();
  fill((2 << 20) - 4096);
  EXPECT_CODE(samples::write(**store, add_org(1)), Code::storage_full);
  EXPECT_TRUE((*store)->statistics().reserve_touched);
  for (std::uint64_t n = 0; n < 50; ++n)
    EXPECT_DONE(samples::write(
        **store, [n](Writer& writer) { return writer.append_audit(samples::audit(n)); }, JobKind::record));
  free();
  EXPECT_DONE(samples::write(**store, add_org(1)));
}

}  // namespace
}  // namespace kaito::store::sqlite
