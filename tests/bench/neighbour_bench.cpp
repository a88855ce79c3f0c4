// What codes of one org cost while the appliance works on another one's seeds: over HTTPS, durable in the audit log. No
// test: it prints figures.
//   neighbour_bench                           both
//   neighbour_bench rotation [SEEDS=200000]
//   neighbour_bench deletion [SEEDS=100000]
#include <atomic>
#include <cstdlib>
#include <functional>
#include <span>
#include <thread>

#include "tests/bench/latency.hpp"
#include "tests/scenario/must.hpp"
#include "tests/scenario/stage.hpp"
#include "tests/scenario/test_appliance.hpp"

namespace kaito {
namespace {

using test::must;

// A URI for each number, no two with the same secret.
std::string otpauth_uris(std::size_t from, std::size_t count) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string uris;
  for (std::size_t n = from; n < from + count; ++n) {
    std::string secret = "AAAAAAAAJBSWY3DPEHPK3PXPAAAAAAAA";
    for (std::size_t i = 0, left = n; i < 8; ++i, left /= 32) secret[i] = kDigits[left % 32];
    uris += fmt::format("otpauth://totp/Issuer:account{}?secret={}\n", n, secret);
  }
  return uris;
}

std::vector<std::string> import(test::OrgOnStage& org, std::size_t count) {
  constexpr std::size_t kAtOnce = 10'000;
  std::vector<std::string> seeds;
  for (std::size_t from = 0; from < count; from += kAtOnce) {
    const auto report =
        must(org.owner.call("POST", org.path("/seeds/import"),
                            boost::json::object{{"content", otpauth_uris(from, std::min(kAtOnce, count - from))}}));
    for (const auto& entry : report.at("entries").as_array()) seeds.push_back(test::text_at(entry, "/seed"));
  }
  return seeds;
}

// Codes read by some people at once, each with a pause after each; milliseconds of each read.
class Readers {
 public:
  Readers(test::Stage& stage, const test::OrgOnStage& org, std::string key, std::vector<std::string> seeds)
      : stage_(stage), org_(org), key_(std::move(key)), seeds_(std::move(seeds)) {}

  std::vector<double> read_until(const std::function<bool()>& over) {
    std::atomic<bool> stop{false};
    std::vector<std::vector<double>> times(kReaders);
    std::vector<std::thread> threads;
    for (std::size_t reader = 0; reader < kReaders; ++reader)
      threads.emplace_back([&, reader] {
        auto client = stage_.appliance.client();
        client.use_api_key(Token::copy_of(key_));
        for (std::size_t i = reader; !stop; ++i) {
          const auto start = SteadyClock::now();
          must(client.call("GET", org_.path("/seeds/" + seeds_[i % seeds_.size()] + "/code")));
          times[reader].push_back(seconds_since(start) * 1000);
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
      });
    while (!over()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stop = true;
    for (auto& thread : threads) thread.join();
    std::vector<double> all;
    for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
    return all;
  }

 private:
  static constexpr std::size_t kReaders = 4;
  test::Stage& stage_;
  const test::OrgOnStage& org_;
  std::string key_;
  std::vector<std::string> seeds_;
};

// Codes of another org before `work`, and while it goes on; over some rounds.
class Watch {
 public:
  Watch(Readers& readers, std::string doing) : readers_(readers), doing_(std::move(doing)) {}

  void idle() {
    const auto begin = SteadyClock::now();
    gather("codes of another org, idle", idle_, readers_.read_until([&] { return seconds_since(begin) > 5; }));
  }
  void busy(const std::function<bool()>& over) {
    gather("codes of another org, " + doing_, busy_, readers_.read_until(over));
  }
  void sum_up() const {
    fmt::print("p99 of all rounds: {:.2f} against {:.2f} ms, {:.2f} times (bar 2)\n", percentile(busy_, 0.99),
               percentile(idle_, 0.99), percentile(busy_, 0.99) / percentile(idle_, 0.99));
  }

 private:
  static void gather(const std::string& name, std::vector<double>& all, const std::vector<double>& round) {
    all.insert(all.end(), round.begin(), round.end());
    print_latency(name, round);
  }

  Readers& readers_;
  std::string doing_;
  std::vector<double> idle_;
  std::vector<double> busy_;
};

Readers readers_of(test::Stage& stage, test::OrgOnStage& org) {
  return {stage, org, must(test::make_api_key(org.owner, org.id, {"codes:read"})), import(org, 200)};
}

void bench_rotation(std::size_t seeds) {
  test::Stage stage({"--log-level", "warning"});
  test::OrgOnStage rotated(stage, "Rotated");
  test::OrgOnStage other(stage, "Other");
  import(rotated, seeds);
  Readers readers = readers_of(stage, other);
  Watch watch(readers, "rotating");
  for (int round = 0; round < 3; ++round) {
    watch.idle();
    must(test::login_staff(stage.officer, stage.officer_key));
    const auto rotation =
        rotated.path("/key/rotations/") +
        test::text_at(must(stage.officer.call("POST", rotated.path("/key/rotations"), boost::json::object{})), "/id");
    const auto start = SteadyClock::now();
    watch.busy([&] { return test::text_at(must(stage.officer.call("GET", rotation)), "/state") == "done"; });
    const double taken = seconds_since(start);
    fmt::print("org rotation of {} DEKs: {:.1f} s, {:.0f}/s\n", seeds, taken, static_cast<double>(seeds) / taken);
  }
  watch.sum_up();
}

// Its rows leave for as long as the log does not say that they have left.
void bench_deletion(std::size_t seeds) {
  test::Stage stage;
  test::OrgOnStage other(stage, "Other");
  Readers readers = readers_of(stage, other);
  Watch watch(readers, "deleting");
  for (int round = 0; round < 3; ++round) {
    const std::string name = fmt::format("Deleted {}", round);
    test::OrgOnStage deleted(stage, name);
    import(deleted, seeds);
    watch.idle();
    must(test::login_staff(stage.officer, stage.officer_key));
    const auto start = SteadyClock::now();
    double answered = 0;
    watch.busy([&] {
      if (answered == 0) {
        must(stage.officer.call("DELETE", deleted.path(""), boost::json::object{{"confirm_name", name}}));
        answered = seconds_since(start);
      }
      const std::string log = stage.appliance.log();
      const auto line = log.rfind("vault.org.purged");
      return line != std::string::npos && log.find(deleted.id, line) != std::string::npos;
    });
    fmt::print("org with {} seeds deleted: answer after {:.3f} s, its rows gone after {:.1f} s\n", seeds, answered,
               seconds_since(start));
  }
  watch.sum_up();
}

int run(std::span<char*> arguments) {
  const std::string_view what = arguments.size() > 1 ? arguments[1] : "";
  const auto seeds = [&](unsigned long otherwise) {
    return arguments.size() > 2 ? std::strtoul(arguments[2], nullptr, 10) : otherwise;
  };
  if (!what.empty() && what != "rotation" && what != "deletion")
    return fmt::print(stderr, "usage: neighbour_bench [rotation|deletion [SEEDS]]\n"), 2;
  if (what != "deletion") bench_rotation(seeds(200'000));
  if (what != "rotation") bench_deletion(seeds(100'000));
  return 0;
}

}  // namespace
}  // namespace kaito

int main(int argc, char** argv) {
  if (!kaito::init_secret_memory()) return 1;
  return kaito::run({argv, static_cast<std::size_t>(argc)});
}
