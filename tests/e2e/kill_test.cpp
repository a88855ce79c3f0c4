// Under load the worker and the daemon are killed, and the worker hangs (F4, F5, F7, F25). What was acknowledged is
// there afterwards, and the audit log, which names every acknowledged request, verifies.
//
// A few rounds each; KAITO_LONG=N makes them N.
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "appliance/audit/verify.hpp"
#include "tests/e2e/load.hpp"
#include "tests/e2e/timed_code.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

using SteadyClock = std::chrono::steady_clock;
using std::chrono::duration_cast;

constexpr std::string_view kReadSecret = "JBSWY3DPEHPK3PXP";
// The promise is 5 s; a machine that does other things besides is given more before the test fails.
constexpr Seconds kBackBy{20};
constexpr std::uint64_t kBetweenKills = 150;  // answered requests

int rounds() {
  const char* wanted = std::getenv("KAITO_LONG");
  return wanted ? std::max(std::atoi(wanted), 1) : 3;
}

audit::ReadBytes reader_of(std::string_view text) {
  return [text](std::span<char> out) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(out.size(), text.size());
    std::memcpy(out.data(), text.data(), count);
    text.remove_prefix(count);
    return count;
  };
}

class Kill : public testing::Test {
 protected:
  explicit Kill(std::vector<std::string> options = {"--checkpoint-seconds", "1"})
      : stage_(std::move(options)), org_(stage_, "Kill"), client_(stage_.appliance.client()) {
    api_key_ = must(make_api_key(org_.owner, org_.id, {"codes:read", "seeds:read", "seeds:write"}));
    client_.use_api_key(Token::copy_of(api_key_));
    seed_ = must(add_seed(client_, org_.id, fmt::format("otpauth://totp/read?secret={}", kReadSecret)));
    code_path_ = org_.path("/seeds/" + seed_ + "/code");
    const auto keys = must(stage_.officer.call("GET", "/v1/audit/keys"));
    for (const auto& key : keys.at("verifier_keys").as_array())
      verifier_keys_.push_back(must(audit::VerifierKey::parse(std::string_view(key.as_string()))));
  }

  // From now until a code is given by another worker than `lost`; the refusals on the way are 503 with Retry-After.
  Milliseconds time_until_a_code(pid_t lost = -1) {
    const auto start = SteadyClock::now();
    for (;;) {
      const auto response = must(client_.send("GET", code_path_));
      const auto taken = duration_cast<Milliseconds>(SteadyClock::now() - start);
      const pid_t worker = stage_.appliance.worker_pid();
      if (response.status == 200 && worker > 0 && worker != lost) return taken;
      if (response.status != 200) expect_try_later(response);
      if (testing::Test::HasFailure() || taken > kBackBy) return taken;
    }
  }
  static void expect_try_later(const cli::Response& response) {
    EXPECT_EQ(response.status, 503) << response.body;
    EXPECT_TRUE(response.headers.contains("retry-after")) << response.body;
  }

  void expect_kept(const Load::Acknowledged& acknowledged) {
    for (const auto& contradiction : acknowledged.contradictions) ADD_FAILURE() << contradiction;
    expect_right_codes(acknowledged);
    expect_in_audit_log(acknowledged);
  }

  // Of every acknowledged seed now, and of the one that was read all along.
  void expect_right_codes(const Load::Acknowledged& acknowledged) {
    std::vector<std::string> given;
    std::vector<ReferenceCode> wanted;
    for (const auto& [step, code] : acknowledged.codes) {
      given.push_back(code);
      wanted.push_back({.secret = std::string(kReadSecret), .at = step});
    }
    constexpr std::size_t kAtOnce = 100;
    auto seed = acknowledged.seeds.begin();
    while (seed != acknowledged.seeds.end()) {
      json::array ids;
      std::vector<std::string> secrets;
      for (; seed != acknowledged.seeds.end() && ids.size() < kAtOnce; ++seed) {
        ids.emplace_back(seed->first);
        secrets.push_back(seed->second);
      }
      const auto reply = must(client_.call("POST", org_.path("/codes"), json::object{{"seeds", ids}}));
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto& code = reply.at("codes").as_array().at(i).at("code");
        ASSERT_TRUE(code.is_object()) << "an acknowledged seed gives no code: " << ids[i].as_string().c_str();
        const TimedCode timed = TimedCode::of(code);
        given.push_back(timed.code);
        wanted.push_back({.secret = secrets[i], .at = to_unix_s(timed.valid_from)});
      }
    }
    // One shell's command line has its limit.
    constexpr std::size_t kLines = 500;
    for (std::size_t from = 0; from < wanted.size(); from += kLines) {
      const auto end = std::min(from + kLines, wanted.size());
      const auto first = static_cast<std::ptrdiff_t>(from);
      const auto last = static_cast<std::ptrdiff_t>(end);
      EXPECT_EQ(std::vector(given.begin() + first, given.begin() + last),
                reference_codes(std::vector(wanted.begin() + first, wanted.begin() + last)));
    }
  }

  // Until a signed checkpoint covers all that the log holds now.
  void wait_for_checkpoint() {
    const auto size = must(stage_.officer.call("GET", "/v1/audit?limit=1")).at("log_size").to_number<std::uint64_t>();
    const auto give_up = SteadyClock::now() + kBackBy;
    for (std::uint64_t signed_size = 0; signed_size < size;) {
      const auto keys = must(stage_.officer.call("GET", "/v1/audit/keys"));
      const auto* note = keys.as_object().if_contains("checkpoint");
      // The second line of a checkpoint is the size of its tree.
      if (note && note->is_string()) {
        const std::string text(note->get_string());
        signed_size = std::stoull(text.substr(text.find('\n') + 1));
      }
      ASSERT_LT(SteadyClock::now(), give_up) << "no checkpoint covers the log";
    }
  }

  // The log since the last time.
  void expect_in_audit_log(const Load::Acknowledged& acknowledged) {
    wait_for_checkpoint();
    const auto response = must(stage_.officer.send("GET", fmt::format("/v1/audit/export?from={}", verified_)));
    ASSERT_EQ(response.status, 200) << response.body;
    const auto report = must(audit::verify_export(reader_of(response.body), {.pinned = verifier_keys_}));
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.failure->what);
    EXPECT_TRUE(report.pinned);
    EXPECT_EQ(report.first, verified_);
    EXPECT_GT(report.checkpoints, 0U);
    verified_ = report.size;

    std::map<std::string, std::string> recorded;
    std::size_t begin = 0;
    for (auto end = response.body.find('\n'); end != std::string::npos; end = response.body.find('\n', begin)) {
      const auto line = json::parse(std::string_view(response.body).substr(begin, end - begin));
      begin = end + 1;
      if (line.as_object().contains("request") && line.at("outcome") == "success")
        recorded[text_at(line, "/request")] = text_at(line, "/action");
    }
    for (const auto& [request, action] : acknowledged.requests) {
      const auto found = recorded.find(request);
      ASSERT_NE(found, recorded.end()) << "the acknowledged " << action << " " << request << " has no record";
      EXPECT_EQ(found->second, action);
    }
  }

  Stage stage_;
  OrgOnStage org_;
  cli::ApiClient client_;
  std::string api_key_;
  std::string seed_;
  std::string code_path_;
  std::vector<audit::VerifierKey> verifier_keys_;
  std::uint64_t verified_ = 0;
};

TEST_F(Kill, F5AKilledWorkerIsBackSoonAndNothingAcknowledgedIsLost) {
  for (int round = 0; round < rounds(); ++round) {
    SCOPED_TRACE(round);
    Load load(stage_.appliance, org_.path(), api_key_, seed_);
    load.wait_for_successes(kBetweenKills);
    const pid_t worker = stage_.appliance.worker_pid();
    ASSERT_GT(worker, 0);
    ASSERT_EQ(::kill(worker, SIGKILL), 0);
    const auto back = time_until_a_code(worker);
    EXPECT_LT(back, kBackBy);
    load.wait_for_successes(kBetweenKills);
    const auto acknowledged = load.stop();
    EXPECT_EQ(acknowledged.unanswered, 0U) << "the daemon lives on: every request has an answer";
    expect_kept(acknowledged);
    fmt::print("worker killed: codes again after {} ms; {} requests acknowledged, {} refused with 503\n", back.count(),
               acknowledged.requests.size(), acknowledged.refused);
  }
}

TEST_F(Kill, F25F4AKilledDaemonComesBackWithEverythingAcknowledged) {
  for (int round = 0; round < rounds(); ++round) {
    SCOPED_TRACE(round);
    Load load(stage_.appliance, org_.path(), api_key_, seed_);
    load.wait_for_successes(kBetweenKills);
    const auto killed = SteadyClock::now();
    stage_.appliance.kill(SIGKILL);
    const int status = stage_.appliance.wait();
    EXPECT_TRUE(WIFSIGNALED(status));
    stage_.appliance.start();
    time_until_a_code();
    const auto back = duration_cast<Milliseconds>(SteadyClock::now() - killed);
    EXPECT_LT(back, kBackBy);
    load.wait_for_successes(kBetweenKills);
    const auto acknowledged = load.stop();
    expect_kept(acknowledged);
    fmt::print("daemon killed: codes again after {} ms; {} requests acknowledged, {} without an answer\n", back.count(),
               acknowledged.requests.size(), acknowledged.unanswered);
  }
}

TEST_F(Kill, F4AnOrgThatWasAcknowledgedHasItsKeyAfterAKill) {
  for (int round = 0; round < rounds(); ++round) {
    const auto made = must(make_org(stage_.officer, fmt::format("Org of round {}", round), OrgOnStage::kOwner));
    stage_.appliance.kill(SIGKILL);
    stage_.appliance.wait();
    stage_.appliance.start();
    auto owner = stage_.appliance.client();
    must(accept_invitation(owner, made.invitation, OrgOnStage::kOwner, OrgOnStage::kPassword));
    const auto seed = must(add_seed(owner, made.id, fmt::format("otpauth://totp/kept?secret={}", kReadSecret)));
    const auto timed = TimedCode::of(must(owner.call("GET", fmt::format("/v1/orgs/{}/seeds/{}/code", made.id, seed))));
    EXPECT_EQ(timed.code, reference_code({.secret = std::string(kReadSecret), .at = to_unix_s(timed.valid_from)}));
  }
}

class Hang : public Kill {
 protected:
  Hang() : Kill({"--checkpoint-seconds", "1", "--hsm-deadline-ms", "500"}) {}
};

TEST_F(Hang, F7AHungWorkerCostsADeadlineAndOnlyWhatNeedsTheHsm) {
  // Five times the deadline, for a machine that does other things besides.
  constexpr Milliseconds kWithin{2500};
  const pid_t worker = stage_.appliance.worker_pid();
  ASSERT_GT(worker, 0);
  ASSERT_EQ(::kill(worker, SIGSTOP), 0);

  auto start = SteadyClock::now();
  const auto refused = must(client_.send("GET", code_path_));
  const auto deadline = duration_cast<Milliseconds>(SteadyClock::now() - start);
  expect_try_later(refused);
  EXPECT_LT(deadline, kWithin);

  for (const auto& path : {org_.path("/seeds"), std::string("/healthz")}) {
    start = SteadyClock::now();
    EXPECT_EQ(must(client_.send("GET", path)).status, 200) << path;
    EXPECT_LT(SteadyClock::now() - start, kWithin) << path;
  }
  const auto back = time_until_a_code(worker);
  EXPECT_LT(back, kBackBy);
  fmt::print("worker hung: 503 after {} ms, codes again {} ms later\n", deadline.count(), back.count());
}

}  // namespace
}  // namespace kaito::test
