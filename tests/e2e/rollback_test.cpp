// F23: rows that were right once, with their genuine MACs, put back while the appliance is stopped, or removed; all
// rows and their sums put back together beside the newer log; and a whole disk of earlier.
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json/serialize.hpp>
#include <fstream>

#include "tests/e2e/edited_database.hpp"
#include "tests/scenario/must.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kSecret = "JBSWY3DPEHPK3PXP";

// Rows of before, with their genuine MACs, put back while the appliance is stopped.
class RowRollback : public testing::Test {
 protected:
  RowRollback() : org_(stage_, "Rolled back") {}

  [[nodiscard]] std::filesystem::path database() const { return stage_.appliance.data() / "db" / "kaito.db"; }
  [[nodiscard]] std::filesystem::path former() const { return stage_.appliance.directory() / "former.db"; }

  void stop() {
    stage_.appliance.kill(SIGTERM);
    ASSERT_EQ(stage_.appliance.wait(), 0);
  }
  // The database as it is now is what is put back later.
  void remember() {
    stop();
    std::filesystem::copy_file(database(), former());
    stage_.appliance.start();
  }
  // While it is stopped. `former` is the database that was remembered.
  void start_after(const std::string& sql) {
    stop();
    {
      EditedDatabase edited(database());
      edited.define("PRAGMA foreign_keys = OFF; ATTACH '" + former().string() + "' AS former; " + sql);
    }
    stage_.appliance.start();
  }
  [[nodiscard]] json::object readyz() { return must(must(anybody_.send("GET", "/readyz")).json()).as_object(); }
  // Nothing but the state is served, the log names the table, and so does the audit log once the rows were accepted.
  void expect_locked_for(const std::string& table) {
    for (auto state = readyz(); state.at("state") == "operational"; state = readyz()) {
    }
    EXPECT_EQ(readyz().at("state"), "locked");
    EXPECT_EQ(readyz().at("rows"), false);
    EXPECT_NE(stage_.appliance.log().find("\"table\":\"" + table + "\""), std::string::npos) << stage_.appliance.log();
    const auto refused = must(org_.owner.send("GET", org_.path("/seeds")));
    EXPECT_NE(refused.status, 200);
    EXPECT_EQ(text_at(must(refused.json()), "/type"), "urn:kaito:problem:wrong-state") << refused.body;
  }
  void accept(const std::string& table) {
    stop();
    const auto accepted = run_kaitod("accept-rows", stage_.appliance.data());
    EXPECT_EQ(accepted.exit_code, 0) << accepted.output;
    EXPECT_NE(accepted.output.find("accepted as it is: " + table + "\n"), std::string::npos) << accepted.output;
    stage_.appliance.start();
    EXPECT_EQ(readyz().at("state"), "operational");
    EXPECT_EQ(readyz().at("rows"), true);
  }
  cli::ApiClient with_key(const std::string& key) {
    auto client = stage_.appliance.client();
    client.use_api_key(Token::copy_of(std::string_view(key)));
    return client;
  }

  Stage stage_;
  OrgOnStage org_;
  cli::ApiClient anybody_ = stage_.appliance.client();
};

TEST_F(RowRollback, F23ARevokedApiKeyPutBackLocksUntilTheRowsAreAccepted) {
  const auto seed = must(add_seed(org_.owner, org_.id, fmt::format("otpauth://totp/one?secret={}", kSecret)));
  auto client = with_key(must(make_api_key(org_.owner, org_.id, {"seeds:read", "codes:read"})));
  const auto code = org_.path("/seeds/" + seed + "/code");
  ASSERT_EQ(must(client.send("GET", code)).status, 200);
  remember();
  const auto keys = must(org_.owner.call("GET", org_.path("/api-keys")));
  const auto id = text_at(keys.at("items").as_array().at(0), "/id");
  ASSERT_EQ(must(org_.owner.send("DELETE", org_.path("/api-keys/" + id))).status / 100, 2);
  ASSERT_EQ(must(client.send("GET", code)).status, 401);

  start_after("INSERT INTO api_key SELECT * FROM former.api_key");
  expect_locked_for("api_key");
  EXPECT_NE(must(client.send("GET", code)).status, 200) << "the key that was revoked";
  stop();
  stage_.appliance.start();
  expect_locked_for("api_key");  // a start alone changes nothing

  stop();
  EditedDatabase(database()).run("DELETE FROM api_key");
  stage_.appliance.start();
  EXPECT_EQ(readyz().at("state"), "operational") << "the row was removed again: all is as it was";
  EXPECT_EQ(must(client.send("GET", code)).status, 401);
}

TEST_F(RowRollback, F23ARemovedMemberPutBackIsNamedAndTheAuditLogSaysWhatWasAccepted) {
  cli::ApiClient viewer = stage_.appliance.client();
  const auto member = must(
      make_member(org_.owner, viewer, org_.id, "viewer@example.org", "viewer", "another long password for the viewer"));
  remember();
  ASSERT_EQ(must(org_.owner.send("DELETE", org_.path("/members/" + member))).status / 100, 2);
  start_after("INSERT INTO member SELECT * FROM former.member WHERE id NOT IN (SELECT id FROM main.member)");
  expect_locked_for("member");
  accept("member");
  must(login_staff(stage_.officer, stage_.officer_key));
  const auto log = must(stage_.officer.send("GET", "/v1/audit/export")).body;
  EXPECT_NE(log.find("\"action\":\"rows.altered\""), std::string::npos);
  EXPECT_NE(log.find("\"action\":\"rows.accept\",\"targets\":[{\"kind\":\"table\",\"id\":\"member\"}]"),
            std::string::npos)
      << log;
}

TEST_F(RowRollback, F23AnEarlierHotpCounterIsNamed) {
  const json::object hotp{{"secret", std::string(kSecret)}, {"issuer", "I"}, {"account", "a"}, {"type", "hotp"}};
  const auto seed = text_at(must(org_.owner.call("POST", org_.path("/seeds"), hotp)), "/id");
  remember();
  must(org_.owner.call("POST", org_.path("/seeds/" + seed + "/code"), json::object{}));
  start_after("UPDATE seed SET (counter, row_mac) = (SELECT counter, row_mac FROM former.seed)");
  expect_locked_for("seed");
}

TEST_F(RowRollback, F23ADeletedSeedPutBackIsNamed) {
  const auto seed = must(add_seed(org_.owner, org_.id, fmt::format("otpauth://totp/one?secret={}", kSecret)));
  remember();
  ASSERT_EQ(must(org_.owner.send("DELETE", org_.path("/seeds/" + seed))).status / 100, 2);
  start_after("INSERT INTO seed SELECT * FROM former.seed");
  expect_locked_for("seed");
}

TEST_F(RowRollback, F23ARowThatWasRemovedIsNamed) {
  const auto seed = must(add_seed(org_.owner, org_.id, fmt::format("otpauth://totp/one?secret={}", kSecret)));
  const auto group =
      text_at(must(org_.owner.call("POST", org_.path("/groups"), json::object{{"name", "Secret"}})), "/id");
  must(org_.owner.call("PUT", org_.path("/groups/" + group + "/seeds/" + seed), {}));
  remember();
  start_after("DELETE FROM group_seed");  // the seed would be anybody's in the org
  expect_locked_for("group_seed");
}

TEST_F(RowRollback, F23AllRowsPutBackTogetherWithTheirSumsAreOlderThanTheLog) {
  remember();
  must(add_seed(org_.owner, org_.id, fmt::format("otpauth://totp/one?secret={}", kSecret)));
  std::string sql;
  for (const auto* table : {"staff", "staff_credential", "org", "member", "api_key", "session", "one_time_token",
                            "group_member", "group_seed", "seed", "row_guard"})
    sql += fmt::format("DELETE FROM {0}; INSERT INTO {0} SELECT * FROM former.{0};", table);
  start_after(sql);
  expect_locked_for("row_guard");
  stop();
  stage_.appliance.start();
  expect_locked_for("row_guard");
}

TEST_F(RowRollback, F23WithoutItsSumsADatabaseIsNotServed) {
  must(add_seed(org_.owner, org_.id, fmt::format("otpauth://totp/one?secret={}", kSecret)));
  remember();
  start_after("DELETE FROM row_guard");
  expect_locked_for("row_guard");
  accept("row_guard");
}

TEST_F(RowRollback, F23ATriggerThatSomebodyAddsIsRefusedAtStart) {
  stop();
  EditedDatabase(database()).define("CREATE TRIGGER more AFTER INSERT ON audit BEGIN DELETE FROM group_seed; END");
  const auto refused = run_kaitod("run", stage_.appliance.data(), {"--port", "0", "--address", "127.0.0.1"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.output.find("trigger more"), std::string::npos) << refused.output;
}

// The witness of F23: a checkpoint that somebody keeps elsewhere.
TEST(Rollback, F23AWholeDiskOfEarlierIsNamedByAKeptCheckpoint) {
  namespace fs = std::filesystem;
  Stage stage({"--checkpoint-seconds", "1"});
  OrgOnStage org(stage, "Rolled back");
  const auto stop = [&stage] {
    stage.appliance.kill(SIGTERM);
    ASSERT_EQ(stage.appliance.wait(), 0);
  };
  const auto checkpoint = [&stage] {
    const auto keys = must(stage.officer.call("GET", "/v1/audit/keys"));
    const auto* text = keys.as_object().if_contains("checkpoint");
    return text == nullptr || !text->is_string() ? std::string() : std::string(text->as_string());
  };
  const auto verify = [&](const fs::path& kept) {
    const auto log = must(stage.officer.send("GET", "/v1/audit/export"));
    EXPECT_EQ(log.status, 200);
    const auto file = stage.appliance.directory() / "log.jsonl";
    std::ofstream(file) << log.body;
    return run_program({KAITO_PROGRAM, "audit", "verify", file.string(), "--checkpoint", kept.string()});
  };
  stop();
  const auto earlier = stage.appliance.directory() / "earlier";
  fs::copy(stage.appliance.data(), earlier, fs::copy_options::recursive);
  stage.appliance.start();

  const std::string first = checkpoint();
  must(add_seed(org.owner, org.id, fmt::format("otpauth://totp/later?secret={}", kSecret)));
  std::string later = checkpoint();
  while (later.empty() || later == first) later = checkpoint();  // one is signed every second
  const auto kept = stage.appliance.directory() / "kept";
  std::ofstream(kept) << later;
  const auto as_it_is = verify(kept);
  EXPECT_EQ(as_it_is.exit_code, 0) << as_it_is.output;

  stop();
  fs::remove_all(stage.appliance.data());
  fs::copy(earlier, stage.appliance.data(), fs::copy_options::recursive);
  stage.appliance.start();
  must(login_staff(stage.officer, stage.officer_key));
  const auto rolled_back = verify(kept);
  EXPECT_NE(rolled_back.exit_code, 0);
  EXPECT_NE(rolled_back.output.find("checkpoint"), std::string::npos) << rolled_back.output;
}

}  // namespace
}  // namespace kaito::test
