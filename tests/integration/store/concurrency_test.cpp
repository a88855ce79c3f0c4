#include <gtest/gtest.h>

#include <thread>

#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store::sqlite {
namespace {

using samples::nth;

// Every job adds a seed and a record. A snapshot that saw half a job would count one more of one than of the other.
TEST(SqliteConcurrency, EverySnapshotIsOneStateWhileWritersWriteAndTheLogIsCheckpointed) {
  constexpr std::uint32_t kWriters = 3;
  constexpr std::uint32_t kReaders = 4;
  constexpr std::uint32_t kEach = 150;
  const samples::TemporaryDirectory directory(samples::memory_volume());
  samples::SilentLog log;
  const auto store =
      open_store(directory.path() / "store.db", {.reader_limit = 2, .checkpoint_pages = 8}, log.logger()).value();
  ASSERT_TRUE(samples::write(*store, [](Writer& writer) { return writer.insert(samples::org(1)); }));

  std::atomic<bool> writing{true};
  std::atomic<std::uint32_t> wrong{0};
  std::atomic<std::uint32_t> snapshots{0};
  std::vector<std::jthread> readers;
  for (std::uint32_t r = 0; r < kReaders; ++r)
    readers.emplace_back([&] {
      std::uint64_t last = 0;
      while (writing) {
        const auto reader = store->snapshot();
        if (!reader) {
          ++wrong;
          continue;
        }
        const auto seeds = (*reader)->seed_count(nth<OrgId>(1));
        const auto records = (*reader)->audit_size();
        if (!seeds || !records || *seeds != *records || *records < last) ++wrong;
        if (records) last = *records;
        ++snapshots;
      }
    });
  {
    std::vector<std::jthread> writers;
    for (std::uint32_t w = 0; w < kWriters; ++w)
      writers.emplace_back([&, w] {
        for (std::uint32_t i = 0; i < kEach; ++i)
          if (!samples::write(*store, [n = w * kEach + i + 1](Writer& writer) -> Status {
                KAITO_CHECK(writer.insert(samples::seed(1, n)));
                KAITO_TRY(const std::uint64_t sequence, writer.audit_size());
                return writer.append_audit(samples::audit(sequence));
              }))
            ++wrong;
      });
  }
  writing = false;
  readers.clear();
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(snapshots, 0U);
  EXPECT_EQ(store->snapshot().value()->seed_count(nth<OrgId>(1)).value(), kWriters * kEach);
}

}  // namespace
}  // namespace kaito::store::sqlite
