// Every row of the endpoint table with every kind of caller and with another org's ids (S9, S17, F51). What is expected
// is worked out here from the row's Access, not by the product's own functions. A new row is visited by itself; one
// that matrix_recipes.cpp does not know fails by name.
//
// Not here: a session whose login is too old for a `fresh` row, for want of a clock to move (tests/unit/api).
#include <gtest/gtest.h>

#include "tests/e2e/matrix_recipes.hpp"
#include "tests/scenario/must.hpp"

namespace kaito::test {
namespace {

using api::Endpoint;

constexpr std::chrono::minutes kFreshEnough{2};

bool names_an_org(const Endpoint& row) { return row.path.find("{org}") != std::string_view::npos; }

// The objects in the path, besides the org.
std::vector<std::string> objects_in(std::string_view path) {
  std::vector<std::string> names;
  for (auto open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
    const std::string name(path.substr(open + 1, path.find('}', open) - open - 1));
    if (name != "org") names.push_back(name);
  }
  return names;
}

bool is_listed(const Endpoint& row, const Caller& caller) {
  const auto& access = row.access;
  switch (caller.kind) {
    case CallerKind::anonymous: return false;
    case CallerKind::staff:
      return access.any_session || ((access.staff_roles >> static_cast<unsigned>(caller.staff_role)) & 1U) != 0;
    case CallerKind::member:
      return access.any_session || (access.member_at_least &&
                                    static_cast<int>(caller.member_role) >= static_cast<int>(*access.member_at_least));
    case CallerKind::api_key: return access.scope && caller.scopes.contains(*access.scope);
  }
  return false;
}

class Matrix : public testing::Test {
 protected:
  static void SetUpTestSuite() { cast_ = std::make_unique<Cast>(); }
  static void TearDownTestSuite() { cast_.reset(); }

  // The status of the call. `use_up`: an authorised call gets an object of its own to use up.
  static std::uint16_t call(const Endpoint& row, Caller& caller, FurnishedOrg& org, PathValues values, bool use_up) {
    const Recipe& recipe = *recipe_for(row.action);
    if (use_up && recipe.prepare) recipe.prepare(org, values);
    if (row.access.fresh && std::chrono::steady_clock::now() - caller.logged_in > kFreshEnough) Cast::log_in(caller);
    std::optional<boost::json::value> body;
    if (recipe.body) body = recipe.body(caller, org);
    const auto response = must(caller.client.send(http::to_string(row.method), fill_path(row.path, values), body));
    if (response.status < 300) after_success(row, caller);
    return response.status;
  }

  // Some calls take the caller's own session or password away.
  static void after_success(const Endpoint& row, Caller& caller) {
    if (row.action == "auth.password.change") caller.password += " and more";
    if (row.action == "auth.logout") Cast::log_in(caller);
  }

  static std::uint16_t promised(const Endpoint& row) {
    const Recipe& recipe = *recipe_for(row.action);
    return recipe.status != 0 ? recipe.status : row.success;
  }

  static std::unique_ptr<Cast> cast_;
};
std::unique_ptr<Cast> Matrix::cast_;

TEST_F(Matrix, EveryRowOfTheTableIsKnownHere) {
  std::set<std::string_view> actions;
  for (const auto& row : api::endpoint_table()) {
    EXPECT_NE(recipe_for(row.action), nullptr) << "teach matrix_recipes.cpp to call " << row.action;
    EXPECT_TRUE(actions.insert(row.action).second) << row.action << " is the action of two rows";
  }
  for (const auto action : known_actions()) EXPECT_TRUE(actions.contains(action)) << action << " has no row any more";
}

TEST_F(Matrix, F51NobodyReachesAnotherOrgAndNothingOfItChanges) {
  const std::string home_before = cast_->home.state();
  const std::string abroad_before = cast_->abroad.state();
  int calls = 0;
  const auto visit = [&](const Endpoint& row, FurnishedOrg& from, FurnishedOrg& to) {
    for (auto& caller : from.callers) {
      const auto status = call(row, caller, to, path_values(*cast_, to, row.action), false);
      EXPECT_EQ(status, 404) << caller.name << " calls " << row.action << " of " << to.name;
      ++calls;
    }
  };
  for (const auto& row : api::endpoint_table()) {
    if (!names_an_org(row) || !recipe_for(row.action)) continue;
    visit(row, cast_->home, cast_->abroad);
    visit(row, cast_->abroad, cast_->home);
  }
  EXPECT_GT(calls, 900);
  EXPECT_EQ(cast_->home.state(), home_before);
  EXPECT_EQ(cast_->abroad.state(), abroad_before);
}

TEST_F(Matrix, F51AnotherOrgsObjectsAreNotFoundUnderOnesOwnOrg) {
  const std::string abroad_before = cast_->abroad.state();
  for (const auto& row : api::endpoint_table()) {
    if (!names_an_org(row) || !recipe_for(row.action)) continue;
    const PathValues foreign = path_values(*cast_, cast_->abroad, row.action);
    for (const auto& object : objects_in(row.path))
      for (auto& caller : cast_->home.callers) {
        PathValues values = path_values(*cast_, cast_->home, row.action);
        values[object] = foreign.at(object);
        const auto status = call(row, caller, cast_->home, values, false);
        EXPECT_EQ(status, is_listed(row, caller) ? 404 : 403)
            << caller.name << " calls " << row.action << " with the " << object << " of another org";
      }
  }
  EXPECT_EQ(cast_->abroad.state(), abroad_before);
}

TEST_F(Matrix, F51CodesOfAnotherOrgsSeedsAreNotFoundOneByOne) {
  for (auto& caller : cast_->home.callers) {
    if (caller.kind != CallerKind::member && !caller.scopes.contains(auth::Scope::codes_read)) continue;
    const auto reply = must(caller.client.call(
        "POST", cast_->home.org.path("/codes"),
        boost::json::object{{"seeds", boost::json::array{cast_->abroad.totp_seed, cast_->home.totp_seed}}}));
    EXPECT_FALSE(reply.at_pointer("/codes/0").as_object().contains("code")) << caller.name;
    EXPECT_EQ(text_at(reply, "/codes/0/problem/type"), "urn:kaito:problem:not-found") << caller.name;
    EXPECT_TRUE(reply.at_pointer("/codes/1/code").is_object()) << caller.name;
  }
}

TEST_F(Matrix, S9EveryRowAnswersEveryCallerAsItsAccessSays) {
  int calls = 0;
  const auto visit = [&calls](const Endpoint& row, Caller& caller) {
    const bool listed = is_listed(row, caller);
    const std::uint16_t expected = caller.kind == CallerKind::anonymous ? 401 : listed ? promised(row) : 403;
    const auto status = call(row, caller, cast_->home, path_values(*cast_, cast_->home, row.action), listed);
    EXPECT_EQ(status, expected) << caller.name << " calls " << row.action;
    ++calls;
  };
  for (const auto& row : api::endpoint_table()) {
    if (row.access.anyone || !recipe_for(row.action)) continue;
    for (auto& caller : cast_->outsiders) visit(row, caller);
    for (auto& caller : cast_->home.callers) visit(row, caller);
  }
  EXPECT_GT(calls, 800);
}

// Their credentials are not looked at, so nobody is told apart. A login that fails is 401 for a reason of its own.
TEST_F(Matrix, RowsForAnyoneAnswerEverybodyAlike) {
  for (const auto& row : api::endpoint_table()) {
    if (!row.access.anyone || !recipe_for(row.action)) continue;
    const PathValues values = path_values(*cast_, cast_->home, row.action);
    const auto to_nobody = call(row, cast_->outsiders.front(), cast_->home, values, false);
    EXPECT_NE(to_nobody, 403) << row.action;
    EXPECT_LT(to_nobody, 500) << row.action;
    for (auto* callers : {&cast_->outsiders, &cast_->home.callers})
      for (auto& caller : *callers)
        EXPECT_EQ(call(row, caller, cast_->home, values, false), to_nobody) << caller.name << " calls " << row.action;
  }
}

TEST_F(Matrix, S17NoStaffRoleReachesACodeOrASeed) {
  int rows = 0;
  for (const auto& row : api::endpoint_table()) {
    if (row.path.find("/seeds") == std::string_view::npos && row.path.find("/code") == std::string_view::npos) continue;
    ++rows;
    EXPECT_EQ(row.access.staff_roles, 0) << row.action;
    EXPECT_FALSE(row.access.any_session || row.access.anyone) << row.action;
    for (auto& caller : cast_->outsiders) {
      if (caller.kind != CallerKind::staff || !recipe_for(row.action)) continue;
      const auto status = call(row, caller, cast_->home, path_values(*cast_, cast_->home, row.action), false);
      EXPECT_EQ(status, 403) << caller.name << " calls " << row.action;
    }
  }
  EXPECT_GE(rows, 9);
}

}  // namespace
}  // namespace kaito::test
