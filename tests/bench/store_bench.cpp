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

// A store whose rows are sealed, with the sums of its guarded tables (1) or without (0).
class Sealed {
 public:
  explicit Sealed(bool summed) {
    seal_->set_key(RowKey::copy_of(ByteArray<kRowKeyBytes>{7}));
    const Status begun = samples::write(*store_, [summed](Writer& writer) -> Status {
      if (summed) KAITO_CHECK(writer.begin_row_sums());
      KAITO_CHECK(writer.insert(samples::org(1)));
      return writer.insert(samples::group(1, 1));
    });
    KAITO_INVARIANT(begun.has_value());
  }
  Store& store() { return *store_; }
  void insert(std::uint32_t from, std::uint32_t until) {
    const Status done = samples::write(*store_, [from, until](Writer& writer) -> Status {
      for (std::uint32_t n = from; n < until; ++n) KAITO_CHECK(writer.insert(samples::seed(1, n)));
      return {};
    });
    KAITO_INVARIANT(done.has_value());
  }

 private:
  samples::TemporaryDirectory directory_;
  samples::SilentLog log_;
  std::shared_ptr<RowSeal> seal_ = std::make_shared<RowSeal>();
  std::unique_ptr<Store> store_ =
      sqlite::open_store(directory_.path() / "store.db", {.seal = seal_}, log_.logger()).value();
};

// Seeds in one change, as an import writes them; each round adds another 10,000.
void ImportsOf10000Seeds(benchmark::State& state) {
  Sealed subject(state.range(0) == 1);
  std::uint32_t n = 1;
  for (auto _ : state) {
    subject.insert(n, n + 10'000);
    n += 10'000;
  }
}
BENCHMARK(ImportsOf10000Seeds)->Arg(0)->Arg(1)->Iterations(10)->Unit(benchmark::kMillisecond)->UseRealTime();

// The rows of a deleted org, in slices as they are removed.
void PurgesOf10000Seeds(benchmark::State& state) {
  Sealed subject(state.range(0) == 1);
  subject.insert(1, 100'001);
  KAITO_INVARIANT(samples::write(subject.store(), [](Writer& writer) {
                    return writer.remove_org({.org = nth<OrgId>(1)});
                  }).has_value());
  for (auto _ : state)
    for (int slice = 0; slice < 10; ++slice)
      KAITO_INVARIANT(samples::write(subject.store(), [](Writer& writer) -> Status {
                        KAITO_TRY(const bool more, writer.purge_org(nth<OrgId>(1), 1000));
                        std::ignore = more;
                        return {};
                      }).has_value());
}
BENCHMARK(PurgesOf10000Seeds)->Arg(0)->Arg(1)->Iterations(9)->Unit(benchmark::kMillisecond)->UseRealTime();

// One guarded row in a commit of its own.
void DurableApiKeys(benchmark::State& state) {
  Sealed subject(state.range(0) == 1);
  std::uint32_t n = 0;
  for (auto _ : state) {
    const Status done =
        samples::write(subject.store(), [&n](Writer& writer) { return writer.insert(samples::api_key(1, ++n)); });
    KAITO_INVARIANT(done.has_value());
  }
}
BENCHMARK(DurableApiKeys)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond)->MeasureProcessCPUTime()->UseRealTime();

// What a verification costs: the sum of a table of 10,000 seeds.
void SumsOf10000Seeds(benchmark::State& state) {
  Sealed subject(true);
  subject.insert(1, 10'001);
  for (auto _ : state) {
    const auto reader = subject.store().snapshot().value();
    KAITO_INVARIANT(reader->compute_row_sum(GuardedTable::seed, {}).value().rows == 10'000);
  }
}
BENCHMARK(SumsOf10000Seeds)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kaito::store

BENCHMARK_MAIN();
