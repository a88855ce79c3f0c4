#include "appliance/store/read_cache.hpp"

#include <atomic>
#include <latch>
#include <thread>

#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store {
namespace {

class ReadCacheTest : public testing::Test {
 protected:
  using Cache = ReadCache<std::string, Bytes>;

  Result<Cache::Pointer> get(Cache& cache, const std::string& key) {
    return cache.get(key, [&](Reader& reader) {
      ++loads_;
      return reader.meta(key);
    });
  }
  void put(const std::string& key, std::uint8_t value, JobKind kind = JobKind::change) {
    EXPECT_DONE(samples::write(*store_, [&](Writer& writer) { return writer.put_meta(key, Bytes(1, value)); }, kind));
  }

  samples::TemporaryDirectory directory_;
  samples::SilentLog log_;
  std::unique_ptr<Store> store_ = sqlite::open_store(directory_.path() / "store.db", {}, log_.logger()).value();
  std::atomic<int> loads_{0};
};

TEST_F(ReadCacheTest, ReadsAValueOnceBetweenTwoChanges) {
  Cache cache(*store_, 100);
  put("a", 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*get(cache, "a").value(), Bytes(1, 1));
  EXPECT_EQ(loads_, 1);
  put("b", 1);
  EXPECT_EQ(*get(cache, "a").value(), Bytes(1, 1));
  EXPECT_EQ(loads_, 2);
}

TEST_F(ReadCacheTest, GivesWhatACompletedChangeHasLeft) {
  Cache cache(*store_, 100);
  for (std::uint8_t value = 1; value < 50; ++value) {
    put("a", value);
    EXPECT_EQ(*get(cache, "a").value(), Bytes(1, value));
  }
}

TEST_F(ReadCacheTest, RemembersNoAbsence) {
  Cache cache(*store_, 100);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get(cache, "a").value(), nullptr);
  EXPECT_EQ(loads_, 3);
}

TEST_F(ReadCacheTest, PassesOnWhatTheReaderSays) {
  Cache cache(*store_, 100);
  const auto failed =
      cache.get("a", [](Reader&) -> Result<std::optional<Bytes>> { return fail(Code::integrity, "spoilt"); });
  EXPECT_CODE(failed, Code::integrity);
}

TEST_F(ReadCacheTest, KeepsAboutAsManyAsItMay) {
  Cache cache(*store_, 32);
  for (int i = 0; i < 1000; ++i) put(std::to_string(i), 1);
  loads_ = 0;
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(get(cache, std::to_string(i)).value());
  EXPECT_GT(loads_, 1900);
}

// Whoever was told of a change sees it, whatever else reads and writes meanwhile.
TEST_F(ReadCacheTest, NobodySeesLessThanWasAcknowledged) {
  constexpr std::uint8_t kChanges = 200;
  Cache cache(*store_, 100);
  put("a", 0);
  std::atomic<int> acknowledged{0};
  std::latch started(3);
  std::vector<std::jthread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      started.arrive_and_wait();
      for (int known = 0; known < kChanges;) {
        known = acknowledged;
        const auto value = get(cache, "a");
        ASSERT_TRUE(value);
        EXPECT_GE((**value)[0], known);
      }
    });
  started.arrive_and_wait();
  for (std::uint8_t value = 1; value <= kChanges; ++value) {
    put("a", value);
    acknowledged = value;
  }
}

}  // namespace
}  // namespace kaito::store
