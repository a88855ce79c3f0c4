// Keys are rotated while kaitod is killed again and again (S3): every seed gives the right code afterwards, the sealed
// seeds are the same bytes, and each certificate was issued once.
//
// Ten kills; KAITO_LONG=N makes them N.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include "appliance/audit/key_certificate.hpp"
#include "tests/e2e/timed_code.hpp"
#include "tests/scenario/reference_codes.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kSeedsOfAnOrg = 60;
constexpr std::size_t kOrgs = 3;
constexpr Seconds kPatience{120};

int kills() {
  const char* wanted = std::getenv("KAITO_LONG");
  return wanted ? std::max(std::atoi(wanted), 1) : 10;
}

std::string secret_number(std::size_t number) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string secret = "AAAAJBSWY3DPEHPK3PXPJBSWY3DPAAAA";
  for (std::size_t i = 0; i < 4; ++i, number /= 32) secret[i] = kDigits[number % 32];
  return secret;
}

// What must not change: every column of a seed but those that say how its DEK is wrapped.
std::string sealed_seeds(const std::filesystem::path& database) {
  sqlite3* handle = nullptr;
  if (sqlite3_open_v2(database.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
    throw std::runtime_error("the database does not open");
  std::string text;
  const auto take = [](void* target, int count, char** columns, char**) {
    for (int i = 0; i < count; ++i) (*static_cast<std::string*>(target) += columns[i]) += ' ';
    *static_cast<std::string*>(target) += '\n';
    return 0;
  };
  const int done =
      sqlite3_exec(handle,
                   "SELECT hex(id), hex(org), type, algorithm, digits, period, counter, revision, hex(iv), "
                   "hex(ciphertext), hex(tag), hex(row_mac), hex(fingerprint), issuer, account "
                   "FROM seed ORDER BY id",
                   take, &text, nullptr);
  sqlite3_close(handle);
  if (done != SQLITE_OK) throw std::runtime_error("the seeds cannot be read");
  return text;
}

struct SeededOrg {
  std::unique_ptr<OrgOnStage> org;
  std::vector<std::string> seeds;    // ids
  std::vector<std::string> secrets;  // of each
};

class Rotation : public testing::Test {
 protected:
  explicit Rotation(std::vector<std::string> options = {"--rotation-rate", "400", "--checkpoint-seconds", "1"})
      : stage_(std::move(options)) {
    for (std::size_t n = 0; n < kOrgs; ++n) add_org(n);
  }

  void add_org(std::size_t n) {
    SeededOrg made{.org = std::make_unique<OrgOnStage>(stage_, fmt::format("Org {}", n)), .seeds = {}, .secrets = {}};
    std::string uris;
    for (std::size_t i = 0; i < kSeedsOfAnOrg; ++i) {
      made.secrets.push_back(secret_number(n * kSeedsOfAnOrg + i));
      uris += fmt::format("otpauth://totp/seed?secret={}\n", made.secrets.back());
    }
    const auto report =
        must(made.org->owner.call("POST", made.org->path("/seeds/import"), json::object{{"content", uris}}));
    for (const auto& entry : report.at("entries").as_array()) made.seeds.push_back(text_at(entry, "/seed"));
    orgs_.push_back(std::move(made));
  }

  void expect_right_codes() {
    std::vector<std::string> given;
    std::vector<ReferenceCode> wanted;
    for (auto& org : orgs_) {
      json::array ids;
      for (const auto& id : org.seeds) ids.emplace_back(id);
      const auto reply = must(org.org->owner.call("POST", org.org->path("/codes"), json::object{{"seeds", ids}}));
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto& code = reply.at("codes").as_array().at(i);
        ASSERT_TRUE(code.as_object().contains("code")) << json::serialize(code);
        const TimedCode timed = TimedCode::of(code.at("code"));
        given.push_back(timed.code);
        wanted.push_back({.secret = org.secrets[i], .at = to_unix_s(timed.valid_from)});
      }
    }
    EXPECT_EQ(given, reference_codes(wanted));
  }

  // Starts a rotation of one key after the other; gives the id and the path below which it is.
  std::string start_next() {
    static constexpr std::array<std::string_view, 3> kHsmKeys{"platform", "audit", "backup"};
    const std::size_t turn = started_++;
    json::object body{{"destroy_old", turn % 2 == 0}};
    must(login_staff(stage_.officer, stage_.officer_key));
    if (turn % 2 == 1) {
      const auto& org = *orgs_[turn / 2 % orgs_.size()].org;
      return org.path("/key/rotations/") +
             text_at(must(stage_.officer.call("POST", org.path("/key/rotations"), body)), "/id");
    }
    // The platform key's turn comes every second time.
    body["kind"] = kHsmKeys[turn % 4 == 0 ? 0 : 1 + turn / 4 % 2];
    return "/v1/key-rotations/" + text_at(must(stage_.officer.call("POST", "/v1/key-rotations", body)), "/id");
  }

  json::value read(const std::string& rotation) { return must(stage_.officer.call("GET", rotation)); }

  json::value wait_until_over(const std::string& rotation) {
    const auto give_up = SteadyClock::now() + kPatience;
    for (;;) {
      auto row = read(rotation);
      if (text_at(row, "/state") != "running") return row;
      if (SteadyClock::now() > give_up) throw std::runtime_error("not over: " + json::serialize(row));
      std::this_thread::yield();
    }
  }

  void kill_and_start() {
    stage_.appliance.kill(SIGKILL);
    stage_.appliance.wait();
    stage_.appliance.start();
  }

  std::vector<audit::VerifierKey> verifier_keys() {
    std::vector<audit::VerifierKey> keys;
    const auto reply = must(stage_.officer.call("GET", "/v1/audit/keys"));
    for (const auto& key : reply.at("verifier_keys").as_array())
      keys.push_back(must(audit::VerifierKey::parse(std::string_view(key.as_string()))));
    return keys;
  }

  // Two when the old version was destroyed, else one; all verify.
  json::array expect_certificates(const std::string& rotation, bool destroyed) {
    const auto certificates = must(stage_.officer.call("GET", rotation + "/certificates")).at("items").as_array();
    EXPECT_EQ(certificates.size(), destroyed ? 2U : 1U) << rotation;
    for (const auto& certificate : certificates)
      EXPECT_TRUE(audit::open_key_certificate(text_at(certificate, "/note"), verifier_keys())) << rotation;
    return certificates;
  }

  // Rotations that a record of the action tells of, in the order of the log.
  std::vector<std::string> recorded(std::string_view action) {
    std::vector<std::string> rotations;
    std::string path = "/v1/audit?limit=1000";
    for (;;) {
      const auto page = must(stage_.officer.call("GET", path));
      for (const auto& record : page.at("records").as_array())
        if (text_at(record, "/action") == action) rotations.push_back(text_at(record, "/targets/0/id"));
      const auto* next = page.as_object().if_contains("next_from");
      if (next == nullptr) return rotations;
      path = fmt::format("/v1/audit?limit=1000&from={}", next->to_number<std::uint64_t>());
    }
  }

  Stage stage_;
  std::vector<SeededOrg> orgs_;
  std::size_t started_ = 0;
};

TEST_F(Rotation, S3F25KilledAtAnyPointEverySeedGivesTheRightCodeAndEachCertificateIsIssuedOnce) {
  const std::string before = sealed_seeds(stage_.appliance.data() / "db" / "kaito.db");
  std::mt19937 random(std::random_device{}());
  std::map<std::string, json::array> issued;  // by rotation
  std::map<std::string, int> killed_in;       // phases
  std::set<std::string> ids;
  std::string rotation = start_next();
  for (int killed = 0; killed < kills(); ++killed) {
    // From before the first step to after the last one: an org's rotation takes about 200 ms at this rate.
    const auto wait = std::chrono::microseconds(std::uniform_int_distribution<int>(0, 250'000)(random));
    const auto until = SteadyClock::now() + wait;
    while (SteadyClock::now() < until) std::this_thread::yield();
    ++killed_in[text_at(read(rotation), "/phase")];
    kill_and_start();
    expect_right_codes();
    if (HasFatalFailure()) return;
    const auto row = read(rotation);
    ASSERT_NE(text_at(row, "/state"), "failed") << json::serialize(row);
    if (text_at(row, "/state") != "done") continue;
    ids.insert(text_at(row, "/id"));
    issued[rotation] = expect_certificates(rotation, row.at("destroy_old").as_bool());
    rotation = start_next();
  }
  const auto last = wait_until_over(rotation);
  EXPECT_EQ(text_at(last, "/state"), "done") << json::serialize(last);
  ids.insert(text_at(last, "/id"));
  issued[rotation] = expect_certificates(rotation, last.at("destroy_old").as_bool());

  expect_right_codes();
  EXPECT_EQ(sealed_seeds(stage_.appliance.data() / "db" / "kaito.db"), before) << "a seed was sealed anew";
  for (const auto& [id, certificates] : issued)
    EXPECT_EQ(expect_certificates(id, certificates.size() == 2), certificates) << "a certificate has changed";
  const auto certified = recorded("key.rotation.certified");
  EXPECT_EQ(std::multiset<std::string>(certified.begin(), certified.end()),
            std::multiset<std::string>(ids.begin(), ids.end()))
      << "not one record for each rotation";
  std::string phases;
  for (const auto& [phase, count] : killed_in) phases += fmt::format(" {} {}", phase, count);
  fmt::print("{} kills, {} rotations; killed in phase{}\n", kills(), ids.size(), phases);
}

class UnhurriedRotation : public Rotation {
 protected:
  UnhurriedRotation() : Rotation({"--rotation-rate", "20"}) {}
};

TEST_F(UnhurriedRotation, ShowsItsProgressAndRestsWhenItIsTold) {
  const auto& org = *orgs_[0].org;
  must(login_member(orgs_[0].org->owner, "Org 0", OrgOnStage::kOwner, OrgOnStage::kPassword));
  const std::string path =
      org.path("/key/rotations/") +
      text_at(must(orgs_[0].org->owner.call("POST", org.path("/key/rotations"), json::object{})), "/id");
  auto row = read(path);
  while (text_at(row, "/phase") != "certify" && !row.as_object().contains("per_second")) {
    row = read(path);
    std::this_thread::yield();
  }
  EXPECT_EQ(row.at("total").to_number<std::size_t>(), kSeedsOfAnOrg);
  const auto status = must(stage_.officer.call("GET", "/v1/status"));
  EXPECT_EQ(status.at("rotations").as_array().size(), 1U);

  must(orgs_[0].org->owner.call("PATCH", path, json::object{{"paused", true}}));
  EXPECT_EQ(text_at(read(path), "/state"), "paused");
  kill_and_start();
  EXPECT_EQ(text_at(read(path), "/state"), "paused") << "a restart does not wake it";
  must(orgs_[0].org->owner.call("PATCH", path, json::object{{"paused", false}}));
  EXPECT_EQ(text_at(wait_until_over(path), "/state"), "done");
  expect_right_codes();
}

}  // namespace
}  // namespace kaito::test
