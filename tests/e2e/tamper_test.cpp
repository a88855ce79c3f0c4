// Rows of the database, edited behind the appliance's back (S1, F21, F22, F24): each edited seed is refused as
// `integrity` and the refusal is in the audit log; the seed beside them is served. Rows that were right once and are
// put back, or removed (F23).
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json/serialize.hpp>
#include <set>

#include "tests/e2e/edited_database.hpp"
#include "tests/e2e/timed_code.hpp"
#include "tests/scenario/reference_codes.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kUntouched = "JBSWY3DPEHPK3PXP";

std::string secret_number(std::size_t number) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string secret = "GEZDGNBVGY3TQOJQ";
  secret[0] = kDigits[number / 32 % 32];
  secret[1] = kDigits[number % 32];
  return secret;
}

class Tamper : public testing::Test {
 protected:
  // Each row is to be refused by itself: what the sums of the tables say is for rollback_test.cpp.
  Tamper() : stage_({"--serve-altered-rows"}), org_(stage_, "Tamper") {}

  std::string add(bool hotp = false) {
    const json::object seed{{"secret", secret_number(next_secret_++)},
                            {"issuer", "Issuer"},
                            {"account", "account"},
                            {"type", hotp ? "hotp" : "totp"}};
    return text_at(must(org_.owner.call("POST", org_.path("/seeds"), seed)), "/id");
  }

  // What is done to the database while nobody uses it.
  void while_stopped(const std::function<void(EditedDatabase&)>& edit) {
    stage_.appliance.kill(SIGTERM);
    ASSERT_EQ(stage_.appliance.wait(), 0);
    {
      EditedDatabase database(stage_.appliance.data() / "db" / "kaito.db");
      edit(database);
    }
    stage_.appliance.start();
  }

  void expect_refused(const std::string& seed, std::string_view method = "GET") {
    const auto path = org_.path("/seeds/" + seed + "/code");
    const auto response =
        method == "GET" ? must(org_.owner.send("GET", path)) : must(org_.owner.send(method, path, json::object{}));
    EXPECT_EQ(response.status, 500) << response.body;
    EXPECT_EQ(text_at(must(response.json()), "/type"), "urn:kaito:problem:integrity");
    refused_requests_.insert(response.headers.at("x-request-id"));
  }

  // Every refusal so far is in the org's log as what it was.
  void expect_refusals_audited() {
    const auto log = must(org_.owner.call("GET", org_.path("/audit?limit=1000")));
    auto missing = refused_requests_;
    for (const auto& record : log.at("records").as_array()) {
      const auto* request = record.as_object().if_contains("request");
      if (!request || missing.erase(std::string(request->as_string())) == 0) continue;
      EXPECT_EQ(record.at("outcome"), "failed") << json::serialize(record);
      EXPECT_EQ(record.at("error"), "integrity") << json::serialize(record);
    }
    EXPECT_TRUE(missing.empty()) << missing.size() << " refusals have no record";
  }

  void expect_served(const std::string& seed, std::string_view secret) {
    const auto timed = TimedCode::of(must(org_.owner.call("GET", org_.path("/seeds/" + seed + "/code"))));
    EXPECT_EQ(timed.code, reference_code({.secret = std::string(secret), .at = to_unix_s(timed.valid_from)}));
  }

  Stage stage_;
  OrgOnStage org_;
  std::set<std::string> refused_requests_;
  std::size_t next_secret_ = 0;
};

TEST_F(Tamper, S1AnyByteOfASeedsStoredFormTurnedOverIsRefused) {
  const auto untouched =
      must(add_seed(org_.owner, org_.id, fmt::format("otpauth://totp/untouched?secret={}", kUntouched)));
  struct Flip {
    std::string seed;
    std::string column;
    std::size_t byte;
  };
  std::vector<Flip> flips;
  // The first, a middle and the last byte of what a row is authenticated with and by.
  for (const auto& [column, size] : {std::pair<std::string, std::size_t>{"wrapped_dek", 61},
                                     {"iv", 12},
                                     {"ciphertext", 10},
                                     {"tag", 16},
                                     {"row_mac", 32}})
    for (const std::size_t byte : {std::size_t{0}, size / 2, size - 1}) flips.push_back({add(), column, byte});

  while_stopped([&flips](EditedDatabase& database) {
    for (const auto& flip : flips) {
      const std::string where = " FROM seed WHERE id = " + blob_of(flip.seed);
      auto bytes = must(from_hex(database.hex("SELECT lower(hex(" + flip.column + "))" + where)));
      bytes.at(flip.byte) ^= 0x01U;
      database.run(
          fmt::format("UPDATE seed SET {} = x'{}' WHERE id = {}", flip.column, to_hex(bytes), blob_of(flip.seed)));
    }
  });
  for (const auto& flip : flips) {
    SCOPED_TRACE(fmt::format("byte {} of {}", flip.byte, flip.column));
    expect_refused(flip.seed);
  }
  expect_served(untouched, kUntouched);
  expect_refusals_audited();
}

TEST_F(Tamper, F22EditedParametersLabelsAndCountersAreRefused) {
  struct Edit {
    std::string assignment;
    bool hotp = false;
    std::string seed{};
  };
  std::vector<Edit> edits{{"period = 60"},          {"digits = 8"},          {"algorithm = 2"},
                          {"issuer = 'Bank'"},      {"account = 'another'"}, {"revision = revision + 1"},
                          {"type = 3, digits = 5"}, {"counter = 5", true},   {"type = 1, period = 30", true}};
  for (auto& edit : edits) edit.seed = add(edit.hotp);
  while_stopped([&edits](EditedDatabase& database) {
    for (const auto& edit : edits)
      database.run(fmt::format("UPDATE seed SET {} WHERE id = {}", edit.assignment, blob_of(edit.seed)));
  });
  for (const auto& edit : edits) {
    SCOPED_TRACE(edit.assignment);
    expect_refused(edit.seed, edit.assignment.starts_with("counter") ? "POST" : "GET");
  }
  expect_refusals_audited();
}

TEST_F(Tamper, F21SealedSeedsMovedToAnotherRowOrOrgAreRefused) {
  OrgOnStage other(stage_, "Other");
  const std::string first = add();
  const std::string second = add();
  const std::string whole = add();
  const std::string moved = add();
  const std::string left = add();
  const auto sealed_of = [](const std::string& columns, const std::string& from, const std::string& to) {
    return fmt::format("UPDATE seed SET ({0}) = (SELECT {0} FROM seed WHERE id = {1}) WHERE id = {2}", columns,
                       blob_of(from), blob_of(to));
  };
  while_stopped([&](EditedDatabase& database) {
    // Ciphertexts swapped between two rows.
    database.define("CREATE TEMP TABLE aside AS SELECT ciphertext, iv, tag FROM seed WHERE id = " + blob_of(first));
    database.run(sealed_of("ciphertext, iv, tag", second, first));
    database.run("UPDATE seed SET (ciphertext, iv, tag) = (SELECT * FROM aside) WHERE id = " + blob_of(second));
    // Everything of another row, its DEK and MAC with it.
    database.run(sealed_of("ciphertext, iv, tag, wrapped_dek, row_mac", left, whole));
    // The row itself in another org.
    database.run(fmt::format("UPDATE seed SET org = {} WHERE id = {}", blob_of(other.id), blob_of(moved)));
  });
  for (const auto& seed : {first, second, whole}) expect_refused(seed);
  expect_refusals_audited();
  EXPECT_EQ(must(org_.owner.send("GET", org_.path("/seeds/" + moved + "/code"))).status, 404);
  const auto in_other = must(other.owner.send("GET", other.path("/seeds/" + moved + "/code")));
  EXPECT_EQ(in_other.status, 500) << in_other.body;
  EXPECT_EQ(text_at(must(in_other.json()), "/type"), "urn:kaito:problem:integrity");
  expect_served(left, secret_number(4));
}

// Who may do what, edited: each edit would raise somebody, and each must leave them without access.
TEST_F(Tamper, F24EditedRolesSettingsAndCredentialsGiveNoAccess) {
  const auto seed = add();
  cli::ApiClient viewer = stage_.appliance.client();
  const auto viewer_id = must(
      make_member(org_.owner, viewer, org_.id, "viewer@example.org", "viewer", "another long password for the viewer"));
  cli::ApiClient admin = stage_.appliance.client();
  must(make_member(org_.owner, admin, org_.id, "admin@example.org", "admin", "another long password for the admin"));
  cli::ApiClient narrow = stage_.appliance.client();
  narrow.use_api_key(Token::copy_of(std::string_view(must(make_api_key(org_.owner, org_.id, {"seeds:read"})))));
  EXPECT_EQ(must(narrow.send("GET", org_.path("/seeds/" + seed + "/code"))).status, 403);
  const auto group =
      text_at(must(org_.owner.call("POST", org_.path("/groups"), json::object{{"name", "Secret"}})), "/id");
  must(org_.owner.call("PUT", org_.path("/groups/" + group + "/seeds/" + seed), {}));
  EXPECT_EQ(must(viewer.send("GET", org_.path("/seeds/" + seed + "/code"))).status, 404) << "not in the group";

  while_stopped([&](EditedDatabase& database) {
    database.run("UPDATE member SET role = 4 WHERE username = 'admin@example.org'");
    database.run("UPDATE api_key SET scopes = -1 & 4294967295");
    database.run(
        fmt::format("INSERT INTO group_member (group_id, member, mac) SELECT x'{}', x'{}', mac FROM group_seed",
                    blob_of(group).substr(2, 32), blob_of(viewer_id).substr(2, 32)));
    database.run("UPDATE org SET dek_lease = 300");
    database.run("UPDATE staff SET role = CASE role WHEN 1 THEN 2 ELSE 1 END");
  });
  const auto expect_nothing = [&](cli::ApiClient& client, const std::string& path) {
    const auto response = must(client.send("GET", path));
    EXPECT_EQ(response.status, 500) << path << ": " << response.body;
    EXPECT_EQ(text_at(must(response.json()), "/type"), "urn:kaito:problem:integrity") << path;
  };
  const auto code = org_.path("/seeds/" + seed + "/code");
  expect_nothing(admin, org_.path("/members"));
  expect_nothing(narrow, code);
  expect_nothing(viewer, code);
  expect_nothing(org_.owner, code);  // a lease that nobody has set
  expect_nothing(stage_.officer, "/v1/orgs");

  while_stopped([&](EditedDatabase& database) {
    database.run("UPDATE org SET dek_lease = NULL");
    // A session of one's own making, for the owner, with the MAC of another.
    database.run("UPDATE session SET subject = (SELECT id FROM member WHERE role = 4 AND username LIKE 'owner%')");
  });
  expect_nothing(viewer, code);
  const auto owner = must(org_.owner.send("GET", code));
  EXPECT_EQ(owner.status, 200) << owner.body;
}

TEST_F(Tamper, F24WithoutTheKeyThatSealsItsRowsADatabaseIsNotBelieved) {
  stage_.appliance.kill(SIGTERM);
  ASSERT_EQ(stage_.appliance.wait(), 0);
  {
    EditedDatabase database(stage_.appliance.data() / "db" / "kaito.db");
    database.run("DELETE FROM meta WHERE key = 'rows.key'");
  }
  const auto refused = run_kaitod("run", stage_.appliance.data(), {"--port", "0", "--address", "127.0.0.1"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.output.find("no key that seals their rows"), std::string::npos) << refused.output;
}

}  // namespace
}  // namespace kaito::test
