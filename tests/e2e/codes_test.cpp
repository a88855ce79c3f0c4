// Codes over HTTPS against implementations apart from ours: every parameter set, Steam, HOTP under contention, and the
// rules for the next code. The thousand random times are covered without the network in tests/unit/otp.
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

#include "tests/e2e/timed_code.hpp"
#include "tests/scenario/reference_codes.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPGEZDGNBV";

// A secret of its own for each number: an org takes no secret twice.
std::string secret_number(unsigned number) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string secret(kSecret);
  secret[0] = kDigits[number / 32 % 32];
  secret[1] = kDigits[number % 32];
  return secret;
}

class Codes : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    stage_ = std::make_unique<Stage>();
    org_ = std::make_unique<OrgOnStage>(*stage_, "Codes");
  }
  static void TearDownTestSuite() {
    org_.reset();
    stage_.reset();
  }

  static std::string add(json::object seed) {
    seed["account"] = "somebody";
    return text_at(must(org_->owner.call("POST", org_->path("/seeds"), seed)), "/id");
  }
  static std::string code_path(const std::string& seed) { return org_->path("/seeds/" + seed + "/code"); }
  static TimedCode read(const std::string& seed, std::string_view query = "") {
    return TimedCode::of(must(org_->owner.call("GET", code_path(seed) + std::string(query))));
  }
  static std::string new_secret() { return secret_number(next_secret_++); }

  static std::unique_ptr<Stage> stage_;
  static std::unique_ptr<OrgOnStage> org_;
  static unsigned next_secret_;
};
std::unique_ptr<Stage> Codes::stage_;
std::unique_ptr<OrgOnStage> Codes::org_;
unsigned Codes::next_secret_ = 0;

void expect_times_fit(const TimedCode& timed, std::int64_t period) {
  EXPECT_EQ(to_unix_ms(timed.valid_from) % (period * 1000), 0);
  EXPECT_EQ(timed.valid_until - timed.valid_from, Seconds(period));
  EXPECT_LE(timed.valid_from, timed.server_time);
  EXPECT_LT(timed.server_time, timed.valid_until);
}

// Whether this machine's clock is synchronised is not the test's to choose; that code and status agree is.
TEST_F(Codes, EachAnswerStatesHowFarItsTimeMayBeOffAsTheStatusDoes) {
  const auto seed = add({{"secret", new_secret()}});
  const auto code = must(org_->owner.call("GET", code_path(seed)));
  const auto& stated = code.at("time_uncertainty_ms");
  const auto status = must(stage_->officer.call("GET", "/v1/status"));
  EXPECT_EQ(status.at("time").at("synchronised").as_bool(), !stated.is_null());
  EXPECT_EQ(status.at("time").at("uncertainty_ms").is_null(), stated.is_null());
  EXPECT_EQ(status.at("time").at("jumps").to_number<int>(), 0);
}

TEST_F(Codes, C4EveryTotpParameterSetGivesOathtoolsCode) {
  std::vector<std::string> given;
  std::vector<ReferenceCode> wanted;
  for (const std::string_view algorithm : {"SHA1", "SHA256", "SHA512"})
    for (const int digits : {6, 7, 8})
      for (const std::int64_t period : {10, 30, 60, 90, 300}) {
        const std::string secret = new_secret();
        const TimedCode timed =
            read(add({{"secret", secret}, {"algorithm", algorithm}, {"digits", digits}, {"period", period}}));
        expect_times_fit(timed, period);
        given.push_back(timed.code);
        wanted.push_back({.algorithm = std::string(algorithm),
                          .digits = digits,
                          .period = period,
                          .secret = secret,
                          .at = to_unix_s(timed.valid_from)});
      }
  EXPECT_EQ(given, reference_codes(wanted));
}

TEST_F(Codes, SteamCodesAreSteams) {
  const std::string secret = new_secret();
  const TimedCode timed = read(add({{"secret", secret}, {"type", "steam"}, {"digits", 5}}));
  expect_times_fit(timed, 30);
  EXPECT_EQ(timed.code, reference_code({.type = "steam", .secret = secret, .at = to_unix_s(timed.valid_from)}));
}

TEST_F(Codes, ManySeedsAtOnceGiveTheSameCodesAsOneByOne) {
  json::array ids;
  std::vector<std::string> secrets;
  for (int i = 0; i < 20; ++i) {
    secrets.push_back(new_secret());
    ids.emplace_back(add({{"secret", secrets.back()}}));
  }
  const auto reply = must(org_->owner.call("POST", org_->path("/codes"), json::object{{"seeds", ids}}));
  const auto& codes = reply.at("codes").as_array();
  ASSERT_EQ(codes.size(), ids.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    EXPECT_EQ(codes[i].at("seed"), ids[i]);
    const TimedCode timed = TimedCode::of(codes[i].at("code"));
    EXPECT_EQ(timed.code, reference_code({.secret = secrets[i], .at = to_unix_s(timed.valid_from)}));
  }
}

TEST_F(Codes, F31FiftyParallelTakesOfOneHotpSeedGiveFiftyCounters) {
  constexpr int kThreads = 10;
  constexpr int kTakes = 5;
  // With eight digits and this secret the fifty codes differ.
  const std::string secret = new_secret();
  const std::string path = code_path(add({{"secret", secret}, {"type", "hotp"}, {"digits", 8}}));
  std::mutex mutex;
  std::map<std::uint64_t, std::string> taken;
  std::vector<cli::ApiClient> clients;
  for (int i = 0; i < kThreads; ++i) {
    clients.push_back(stage_->appliance.client());
    clients.back().use_session(org_->owner.session().duplicate());
  }
  {
    std::vector<std::jthread> threads;
    for (auto& client : clients)
      threads.emplace_back([&client, &path, &mutex, &taken] {
        for (int i = 0; i < kTakes; ++i) {
          const auto reply = client.call("POST", path, json::object{});
          ASSERT_TRUE(reply.has_value()) << reply.error().describe();
          const std::scoped_lock lock(mutex);
          taken[reply->at("counter").to_number<std::uint64_t>()] = text_at(*reply, "/code");
        }
      });
  }
  ASSERT_EQ(taken.size(), std::size_t{kThreads} * kTakes);
  EXPECT_EQ(taken.rbegin()->first, std::uint64_t{kThreads} * kTakes - 1);
  std::vector<ReferenceCode> wanted;
  std::vector<std::string> given;
  for (const auto& [counter, code] : taken) {
    wanted.push_back({.type = "hotp", .digits = 8, .secret = secret, .at = static_cast<std::int64_t>(counter)});
    given.push_back(code);
  }
  EXPECT_EQ(given, reference_codes(wanted));
  EXPECT_EQ(std::set(given.begin(), given.end()).size(), given.size());
}

// A period whose present step ends within five seconds, so that nobody has to wait for them. Nearly every second has
// one.
std::int64_t period_that_ends_soon(TimePoint now) {
  for (std::int64_t soon = to_unix_s(now) + 4; soon > to_unix_s(now); --soon)
    for (std::int64_t period = 11; period <= 300; ++period)
      if (soon % period == 0) return period;
  return 10;
}

TEST_F(Codes, TheNextCodeIsGivenWhenAskedForAndOnlyInTheLastFiveSeconds) {
  const std::string secret = new_secret();
  const std::string lasting = add({{"secret", secret}, {"period", 300}});
  TimePoint now = read(lasting).server_time;
  bool seen = false;
  // A loaded machine may miss the moment, and a rare second has none; the shortest period's last five seconds are never
  // further away than this. What each reply says is judged by its own times.
  const TimePoint give_up = now + Seconds(60);
  while (!seen && now < give_up) {
    const std::int64_t period = period_that_ends_soon(now);
    const std::string soon_secret = new_secret();
    const std::string seed = add({{"secret", soon_secret}, {"period", period}});
    const TimedCode asked = read(seed, "?next=true");
    now = asked.server_time;
    ASSERT_EQ(asked.next_code.has_value(), asked.valid_until - asked.server_time < Seconds(5));
    EXPECT_FALSE(read(seed).next_code.has_value());
    EXPECT_FALSE(read(seed, "?next=false").next_code.has_value());
    if (!asked.next_code) continue;
    seen = true;
    EXPECT_EQ(*asked.next_code,
              reference_code({.period = period, .secret = soon_secret, .at = to_unix_s(asked.valid_until)}));
  }
  EXPECT_TRUE(seen);
  const TimedCode early = read(lasting, "?next=true");
  EXPECT_EQ(early.next_code.has_value(), early.valid_until - early.server_time < Seconds(5));
}

TEST_F(Codes, AnHotpSeedIsNotReadAndATimeBasedOneHasNothingToTake) {
  const std::string hotp = add({{"secret", new_secret()}, {"type", "hotp"}});
  const std::string totp = add({{"secret", new_secret()}});
  const auto read_hotp = org_->owner.call("GET", code_path(hotp));
  ASSERT_FALSE(read_hotp.has_value());
  EXPECT_EQ(read_hotp.error().code, Code::conflict);
  const auto take_totp = org_->owner.call("POST", code_path(totp), json::object{});
  ASSERT_FALSE(take_totp.has_value());
  EXPECT_EQ(take_totp.error().code, Code::conflict);
  const auto first = must(org_->owner.call("POST", code_path(hotp), json::object{}));
  EXPECT_EQ(first.at("counter"), 0) << "the refused read moved the counter";
}

}  // namespace
}  // namespace kaito::test
