// What rotations cost. No test: it prints figures.
//   rotation_bench                            all three
//   rotation_bench platform [ORGS=10000]
//   rotation_bench org [DEKS=100000]          with the token's own speed, and codes of another org meanwhile
//   rotation_bench start [ORGS=10000] [SEEDS=1000000]
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <span>
#include <thread>

#include "appliance/keys/rotation_run.hpp"
#include "appliance/keys/rotation_start.hpp"
#include "appliance/keys/row_key.hpp"
#include "appliance/store/sqlite/sqlite_keyring.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"
#include "appliance/vault/seed_opener.hpp"
#include "appliance/vault/seed_sealer.hpp"
#include "hsm/client/one_shot.hpp"
#include "hsm/client/softhsm_config.hpp"
#include "tests/bench/latency.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"
#include "tests/scenario/must.hpp"
#include "tests/scenario/stage.hpp"
#include "tests/scenario/test_appliance.hpp"

namespace kaito {
namespace {

using hsm::test::wait_for;
using test::must;

struct Quiet final : LogSink {
  void write(LogLevel level, std::string_view line) override {
    if (level >= LogLevel::error) fmt::print(stderr, "{}\n", line);
  }
};

// Token, worker, database and keyring as kaitod opens them.
class Vault {
 public:
  Vault() {
    must(wait_for(hsm_->create_platform_kek(1)));
    audit_key_ = must(wait_for(hsm_->create_audit_key(1)));
    must(write([this](store::Writer& writer) {
      return writer.put(store::HsmKey{.kind = store::KeyKind::platform, .version = 1, .created_at = clock_.now()});
    }));
  }

  Status write(store::Job job) { return wait_for(store_->write(std::move(job), store::JobKind::change)); }

  store::Org add_org(const std::string& name) {
    store::Org org{.id = OrgId::make(clock_, random_), .name = name, .created_at = clock_.now(), .kek_version = 1};
    must(sync_wait(org_keys_.create(org.id, 1)));
    must(sync_wait(sealer_.make_index_key(org)));
    must(write([&](store::Writer& writer) { return writer.insert(org); }));
    return org;
  }

  std::vector<store::Seed> add_seeds(const store::Org& org, std::size_t count) {
    constexpr std::size_t kAtOnce = 5000;
    std::vector<store::Seed> sample;
    for (std::size_t made = 0; made < count;) {
      std::vector<vault::NewSeed> seeds;
      for (; seeds.size() < kAtOnce && made < count; ++made)
        seeds.push_back(
            {.issuer = "Issuer", .account = fmt::format("account {}", made), .secret = Seed::random(20, random_)});
      auto rows = must(sync_wait(sealer_.seal(org, std::move(seeds))));
      must(write([&](store::Writer& writer) -> Status {
        for (const auto& row : rows) KAITO_CHECK(writer.insert(row));
        return {};
      }));
      sample.push_back(std::move(rows.front()));
    }
    return sample;
  }

  // Seconds from the first step to the certificate.
  double rotate(store::KeyKind kind, std::optional<OrgId> org) {
    store::Rotation rotation;
    must(write([&](store::Writer& writer) -> Status {
      KAITO_TRY(rotation, keys::start_rotation(writer, {.kind = kind, .org = org, .destroy_old = false},
                                               RotationId::make(clock_, random_), clock_.now()));
      return {};
    }));
    const auto start = SteadyClock::now();
    keys::RotationRun run({*hsm_, *store_, *keyring_, org_keys_, escrow_, *signer_, *journal_, clock_, log_}, rotation,
                          0);
    BlockingExecutor executor;
    for (;;) {
      executor.run(run.step());
      const auto row = must(must(store_->snapshot())->rotation(rotation.id)).value();
      if (row.state == store::RotationState::running) continue;
      if (row.state != store::RotationState::done) throw std::runtime_error(row.error);
      return seconds_since(start);
    }
  }

  // Opens the seeds in turn until told to stop; milliseconds of each.
  std::vector<double> open_until(const std::vector<store::Seed>& seeds, const std::atomic<bool>& stop) {
    vault::SeedOpener opener(org_keys_);
    BlockingExecutor executor;
    std::vector<double> times;
    for (std::size_t i = 0; !stop; ++i) {
      const auto start = SteadyClock::now();
      must(executor.run(opener.open(seeds[i % seeds.size()], Seconds(0))));
      times.push_back(seconds_since(start) * 1000);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return times;
  }

 private:
  hsm::test::SoftHsmToken token_;
  Quiet sink_;
  SystemClock clock_;
  SystemRandom random_;
  Logger log_{sink_, clock_};
  std::unique_ptr<hsm::Client> hsm_ = must(hsm::Client::start(token_.config(), clock_, log_));
  std::unique_ptr<store::Keyring> keyring_ = must(store::sqlite::open_keyring(token_.directory() / "keyring.db"));
  std::unique_ptr<audit::Journal> journal_;
  std::unique_ptr<store::Store> store_ = open_store();
  keys::DekLeases leases_{clock_, 1000};
  keys::HsmConnections connections_{clock_, log_};
  keys::OrgKeys org_keys_{*hsm_, connections_, *keyring_, leases_, 1, clock_};
  keys::Escrow escrow_{*keyring_, {}};
  hsm::AuditKey audit_key_;
  std::unique_ptr<keys::AuditSigner> signer_;
  vault::SeedSealer sealer_{org_keys_, clock_, random_};

  std::unique_ptr<store::Store> open_store() {
    auto store = must(store::sqlite::open_store(token_.directory() / "kaito.db", {}, log_));
    journal_ = must(audit::Journal::open(*store, "kaito.local/bench", clock_, log_));
    return store;
  }

 public:
  void use_audit_key() { signer_ = std::make_unique<keys::AuditSigner>(*hsm_, audit_key_); }
};

void bench_platform(std::size_t orgs) {
  Vault vault;
  vault.use_audit_key();
  auto start = SteadyClock::now();
  for (std::size_t n = 0; n < orgs; ++n) vault.add_org(fmt::format("org {}", n));
  fmt::print("{} orgs made in {:.1f} s\n", orgs, seconds_since(start));
  for (int round = 0; round < 3; ++round) {
    const double taken = vault.rotate(store::KeyKind::platform, std::nullopt);
    fmt::print("platform rotation over {} orgs: {:.2f} s\n", orgs, taken);
  }
}

void bench_org(std::size_t deks) {
  Vault vault;
  vault.use_audit_key();
  const auto org = vault.add_org("rotated");
  const auto other = vault.add_org("other");
  auto start = SteadyClock::now();
  vault.add_seeds(org, deks);
  fmt::print("{} seeds sealed and stored in {:.1f} s\n", deks, seconds_since(start));
  const auto sample = vault.add_seeds(other, 100);

  std::atomic<bool> stop{false};
  std::vector<double> idle;
  std::thread reader([&] { idle = vault.open_until(sample, stop); });
  std::this_thread::sleep_for(std::chrono::seconds(5));
  stop = true;
  reader.join();

  // The raw rate before and after each rotation, since the machine's neighbours come and go; of a twin of the token,
  // which itself is locked by its worker.
  const hsm::test::SoftHsmToken twin;
  const auto raw = [&] { return must(hsm::measure_raw_speed(twin.config(), Milliseconds(1000))).recrypts; };
  std::vector<double> busy;
  std::vector<double> alone;
  std::vector<double> watched;
  for (int round = 0; round < 3; ++round) {
    const auto rate = [&] { return static_cast<double>(deks) / vault.rotate(store::KeyKind::org, org.id); };
    const double raw_before = raw();
    const double rate_alone = rate();
    const double raw_between = raw();
    stop = false;
    std::vector<double> times;
    reader = std::thread([&] { times = vault.open_until(sample, stop); });
    const double rate_watched = rate();
    stop = true;
    reader.join();
    busy.insert(busy.end(), times.begin(), times.end());
    const double raw_after = raw();
    alone.push_back(rate_alone * 2 / (raw_before + raw_between));
    watched.push_back(rate_watched * 2 / (raw_between + raw_after));
    fmt::print(
        "raw decrypt + encrypt, one thread, a twin of the token: {:.0f}, {:.0f}, {:.0f}/s; rotation of {} DEKs: "
        "{:.0f}/s, {:.2f} "
        "of raw; while codes are read {:.0f}/s, {:.2f}\n",
        raw_before, raw_between, raw_after, deks, rate_alone, alone.back(), rate_watched, watched.back());
  }
  fmt::print("org rotation: {:.2f} of raw, {:.2f} while codes are read (medians; bar 0.5)\n", percentile(alone, 0.5),
             percentile(watched, 0.5));
  print_latency("opening a seed of another org, idle", idle);
  print_latency("opening a seed of another org, rotating", busy);
}

template <class IdType>
IdType nth(std::uint32_t n) {
  UuidBytes bytes{};
  bytes[0] = 1;
  for (std::size_t i = 0; i < 4; ++i) bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  return IdType(bytes);
}

// Rows as large as real ones; nobody opens them.
store::Seed stored_seed(const OrgId& org, std::uint32_t n, Random& random) {
  store::Seed seed{.id = nth<SeedId>(n),
                   .org = org,
                   .parameters = {.type = 1, .algorithm = 1, .digits = 6, .period = 30},
                   .issuer = "Issuer",
                   .account = fmt::format("account {}", n)};
  seed.kek_version = 1;
  seed.wrapped_dek.resize(61);
  random.fill(seed.wrapped_dek);
  random.fill(seed.iv);
  seed.ciphertext.resize(20);
  random.fill(seed.ciphertext);
  random.fill(seed.tag);
  random.fill(seed.row_mac);
  random.fill(seed.fingerprint);
  return seed;
}

// The appliance's own row key, by its own token: rows without a MAC are no rows to it.
store::RowKey row_key_of(const std::filesystem::path& data, store::Store& store, store::Keyring& keyring, Logger& log) {
  SystemClock clock;
  SystemRandom random;
  const auto softhsm = must(hsm::write_softhsm_config(data / "hsm"));
  const auto client = must(hsm::Client::start(
      {.worker = KAITO_HSM_WORKER,
       .token_uri = fmt::format("pkcs11:token=kaito?pin-source=file:{}", (data / "hsm" / "user.pin").string()),
       .module = must(hsm::find_softhsm_module()),
       .token_directory = softhsm.token_directory,
       .environment = softhsm.environment()},
      clock, log));
  keys::DekLeases leases(clock, 1);
  keys::HsmConnections connections(clock, log);
  keys::OrgKeys org_keys(*client, connections, keyring, leases, 1, clock);
  return must(sync_wait(keys::open_row_key(store, keyring, org_keys, random)));
}

void fill(const std::filesystem::path& data, std::uint32_t orgs, std::uint32_t seeds) {
  constexpr std::uint32_t kAtOnce = 20'000;
  Quiet sink;
  SystemClock clock;
  SystemRandom random;
  Logger log(sink, clock);
  const auto seal = std::make_shared<store::RowSeal>();
  const auto store = must(store::sqlite::open_store(data / "db" / "kaito.db", {.seal = seal}, log));
  const auto keyring = must(store::sqlite::open_keyring(data / "keyring" / "keyring.db"));
  seal->set_key(row_key_of(data, *store, *keyring, log));
  const auto insert = [&](std::uint32_t count, const std::function<Status(store::Writer&, std::uint32_t)>& one) {
    for (std::uint32_t from = 0; from < count; from += kAtOnce)
      must(wait_for(store->write(
          [&](store::Writer& writer) -> Status {
            for (std::uint32_t n = from; n < std::min(count, from + kAtOnce); ++n) KAITO_CHECK(one(writer, n + 1));
            return {};
          },
          store::JobKind::change)));
  };
  insert(orgs, [&](store::Writer& writer, std::uint32_t n) {
    return writer.insert(store::Org{.id = nth<OrgId>(n),
                                    .name = fmt::format("org {}", n),
                                    .created_at = clock.now(),
                                    .kek_version = 1,
                                    .wrapped_index_key = Bytes(61, 1)});
  });
  insert(seeds, [&](store::Writer& writer, std::uint32_t n) {
    return writer.insert(stored_seed(nth<OrgId>(n % orgs + 1), n, random));
  });
  for (std::uint32_t n = 1; n <= orgs; ++n)
    must(keyring->insert({.org = nth<OrgId>(n),
                          .version = 1,
                          .platform_version = 1,
                          .blob = Bytes(86, static_cast<std::uint8_t>(n)),
                          .created_at = clock.now()}));
}

void bench_start(std::uint32_t orgs, std::uint32_t seeds) {
  test::TestAppliance appliance;
  const auto restart = [&] {
    const auto start = SteadyClock::now();
    appliance.start();
    auto client = appliance.client();
    while (must(client.send("GET", "/readyz")).status != 200) std::this_thread::yield();
    return seconds_since(start);
  };
  appliance.kill(SIGTERM);
  appliance.wait();
  fmt::print("empty: ready in {:.2f} s\n", restart());
  appliance.kill(SIGTERM);
  appliance.wait();
  fill(appliance.data(), orgs, seeds);
  const auto size = std::filesystem::file_size(appliance.data() / "db" / "kaito.db");
  fmt::print("{} orgs, {} seeds, {} MiB\n", orgs, seeds, size >> 20);
  for (const int signal : {SIGTERM, SIGTERM, SIGKILL, SIGKILL}) {
    fmt::print("ready in {:.2f} s\n", restart());
    appliance.kill(signal);
    appliance.wait();
    fmt::print("ended by {}\n", signal == SIGTERM ? "SIGTERM" : "SIGKILL");
  }
  fmt::print("ready in {:.2f} s\n", restart());
}

int run(std::span<char*> arguments) {
  const auto number = [&](std::size_t index, unsigned long otherwise) {
    return arguments.size() > index ? std::strtoul(arguments[index], nullptr, 10) : otherwise;
  };
  const std::string_view what = arguments.size() > 1 ? arguments[1] : "";
  if (!what.empty() && what != "platform" && what != "org" && what != "start")
    return fmt::print(stderr, "usage: rotation_bench [platform|org|start [NUMBER…]]\n"), 2;
  if (what.empty() || what == "platform") bench_platform(number(2, 10'000));
  if (what.empty() || what == "org") bench_org(number(2, 100'000));
  if (what.empty() || what == "start")
    bench_start(static_cast<std::uint32_t>(number(2, 10'000)), static_cast<std::uint32_t>(number(3, 1'000'000)));
  return 0;
}

}  // namespace
}  // namespace kaito

int main(int argc, char** argv) {
  if (!kaito::init_secret_memory()) return 1;
  return kaito::run({argv, static_cast<std::size_t>(argc)});
}
