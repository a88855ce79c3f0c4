// What the store costs a code read: the four reads under one snapshot, and a record in a shared commit.
#include <benchmark/benchmark.h>

#include <thread>

#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/unit/store/samples.hpp"

namespace kaito::store {
namespace {

using samples::nth;

constexpr std::uint32_t kSeeds = 20'000;
constexpr std::uint32_t kKeys = 1000;

// An org with many seeds in twenty groups, and its API keys.
class Subject {
 public:
  Subject() {
    const Status filled = samples::write(*store_, [](Writer& writer) -> Status {
      KAITO_CHECK(writer.insert(samples::org(1)));
      for (std::uint32_t n = 1; n <= 20; ++n) KAITO_CHECK(writer.insert(samples::group(1, n)));
      for (std::uint32_t n = 1; n <= kKeys; ++n) KAITO_CHECK(writer.insert(samples::api_key(1, n)));
      for (std::uint32_t n = 1; n <= kSeeds; ++n) {
        KAITO_CHECK(writer.insert(samples::seed(1, n)));
        KAITO_CHECK(writer.add_to_group(nth<GroupId>(n % 20 + 1), nth<SeedId>(n)));
      }
      return {};
    });
    KAITO_INVARIANT(filled.has_value());
  }
  Store& store() { return *store_; }

  // Appends records of a real record's size, eight to a commit, until it ends.
  class BusyWriter {
   public:
    explicit BusyWriter(Store& store) : thread_([&store](const std::stop_token& stop) { run(store, stop); }) {}

   private:
    static void run(Store& store, const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const Status written = samples::write(
            store,
            [](Writer& writer) -> Status {
              for (int i = 0; i < 8; ++i) {
                KAITO_TRY(const std::uint64_t sequence, writer.audit_size());
                AuditRow row = samples::audit(sequence);
                row.record.resize(400, 'x');
                row.org = nth<OrgId>(1);
                KAITO_CHECK(writer.append_audit(row));
              }
              return {};
            },
            JobKind::record);
        KAITO_INVARIANT(written.has_value());
      }
    }
    std::jthread thread_;
  };

 private:
  samples::TemporaryDirectory directory_;
  samples::SilentLog log_;
  std::unique_ptr<Store> store_ = sqlite::open_store(directory_.path() / "store.db", {}, log_.logger()).value();
};

void read_for_code(Store& store, std::uint32_t i) {
  const auto reader = store.snapshot().value();
  const SeedId seed = nth<SeedId>(i * 7919 % kSeeds + 1);
  KAITO_INVARIANT(reader->api_key_by_hash(samples::filled<32>(i % kKeys + 1)).value().has_value());
  KAITO_INVARIANT(reader->org(nth<OrgId>(1)).value().has_value());
  KAITO_INVARIANT(reader->seed(nth<OrgId>(1), seed).value().has_value());
  KAITO_INVARIANT(reader->groups_of_seed(seed).value().size() == 1);
}

void ReadsOfACode(benchmark::State& state) {
  Subject subject;
  std::uint32_t i = 0;
  for (auto _ : state) read_for_code(subject.store(), ++i);
}
BENCHMARK(ReadsOfACode)->Unit(benchmark::kMicrosecond);

void ReadsOfACodeWhileTheWriterCommits(benchmark::State& state) {
  Subject subject;
  const Subject::BusyWriter busy(subject.store());
  std::uint32_t i = 0;
  for (auto _ : state) read_for_code(subject.store(), ++i);
}
BENCHMARK(ReadsOfACodeWhileTheWriterCommits)->Unit(benchmark::kMicrosecond);

// One round: `range` records submitted at once, all durable at its end.
void DurableRecords(benchmark::State& state) {
  Subject subject;
  const auto count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    std::vector<Future<Result<void>>> futures;
    for (std::size_t i = 0; i < count; ++i)
      futures.push_back(subject.store().write(
          [](Writer& writer) -> Status {
            KAITO_TRY(const std::uint64_t sequence, writer.audit_size());
            return writer.append_audit(samples::audit(sequence));
          },
          JobKind::record));
    for (auto& future : futures) KAITO_INVARIANT(sync_wait(samples::await(std::move(future))).has_value());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count) * state.iterations());
}
BENCHMARK(DurableRecords)
    ->Arg(1)
    ->Arg(32)
    ->Arg(1000)
    ->Unit(benchmark::kMicrosecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace kaito::store

BENCHMARK_MAIN();
