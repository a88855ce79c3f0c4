#include "appliance/auth/standing.hpp"

#include "tests/integration/auth/staff_test.hpp"

namespace kaito::auth {
namespace {

// A request that was let in, and what became of its caller before its change was made.
class StandingTest : public StaffTest {
 protected:
  Permit let_in(Principal principal) {
    auto condition = standing_of(principal);
    const auto org = principal.org();
    return PermitForTest::bound(PermitForTest::make(std::move(principal), org, "test.change"), std::move(condition));
  }
  Permit let_in(const Token& session) { return let_in(who(session).value()); }
  Code outcome(const Permit& permit) {
    bool made = false;
    const auto done = sync_wait(journal_.commit(permit.event(), [&made](store::Writer&, audit::Event&) -> Status {
      made = true;
      return {};
    }));
    EXPECT_EQ(made, done.has_value());
    return done ? kStands : done.error().code;
  }
  Token member_session() { return log_in("acme", "ada"); }
  Token log_in(std::string org, std::string username) {
    return std::move(AuthTest::log_in(std::move(org), std::move(username)).value().token);
  }

  static constexpr Code kStands{255};  // no error
  store::Org acme_ = add_org("acme");
  store::Group blue_ = add_group(acme_, "blue");
  store::Member ada_ = add_member(acme_, "ada");
};

TEST_F(StandingTest, AMemberWhoIsStillThereChangesWhatTheyWant) {
  const Token session = member_session();
  const Permit permit = let_in(session);
  EXPECT_EQ(outcome(permit), kStands);
  store::Member raised = AuthTest::reload(ada_);
  raised.role = store::MemberRole::admin;
  ASSERT_TRUE(update(raised));
  EXPECT_EQ(outcome(permit), kStands);
}

TEST_F(StandingTest, F40AnEndedSessionChangesNothing) {
  const Token session = member_session();
  const Permit permit = let_in(session);
  ASSERT_TRUE(flat(sync_wait(sessions_.logout(AuthTest::permit_of(session)))));
  EXPECT_EQ(outcome(permit), Code::unauthenticated);
}

TEST_F(StandingTest, F40ADisabledMemberChangesNothing) {
  const Token session = member_session();
  const Permit permit = let_in(session);
  store::Member member = AuthTest::reload(ada_);
  member.state = store::MemberState::disabled;
  ASSERT_TRUE(update(member));
  EXPECT_EQ(outcome(permit), Code::unauthenticated);
}

TEST_F(StandingTest, F40ALowerRoleChangesNothing) {
  const Token session = member_session();
  const Permit permit = let_in(session);
  store::Member member = AuthTest::reload(ada_);
  member.role = store::MemberRole::viewer;
  ASSERT_TRUE(update(member));
  EXPECT_EQ(outcome(permit), Code::forbidden);
}

TEST_F(StandingTest, F40ALostGroupChangesNothingAndAWonOneKeepsNobodyOut) {
  const Token session = member_session();
  const Permit before = let_in(session);
  ASSERT_TRUE(change([&](store::Writer& writer, audit::Event&) { return writer.add_to_group(blue_.id, ada_.id); }));
  EXPECT_EQ(outcome(before), kStands);
  const Permit with_blue = let_in(session);
  ASSERT_TRUE(
      change([&](store::Writer& writer, audit::Event&) { return writer.remove_from_group(blue_.id, ada_.id); }));
  EXPECT_EQ(outcome(with_blue), Code::forbidden);
}

TEST_F(StandingTest, F40ARevokedKeyChangesNothing) {
  const store::Member boss = add_member(acme_, "boss", store::MemberRole::owner);
  const auto issued = flat(sync_wait(
      keys_.issue(AuthTest::permit_of(boss), {.name = "robot", .scopes = ScopeSet().add(Scope::codes_read)})));
  ASSERT_TRUE(issued);
  const Permit permit = let_in(
      keys_.authenticate(as_text(issued->token.expose_secret()), http::IpAddress::parse("192.0.2.7").value()).value());
  EXPECT_EQ(outcome(permit), kStands);
  ASSERT_TRUE(flat(sync_wait(keys_.revoke(AuthTest::permit_of(boss), issued->key.id))));
  EXPECT_EQ(outcome(permit), Code::unauthenticated);
}

TEST_F(StandingTest, F40DisabledStaffAndStaffOfAnotherRoleChangeNothing) {
  test::SoftAuthenticator key;
  const store::Staff olga = set_up(key);
  const Token session = std::move(StaffTest::log_in(key).value().token);
  const Permit permit = let_in(session);
  EXPECT_EQ(outcome(permit), kStands);
  const auto alter = [&](auto edit) {
    ASSERT_TRUE(change([&](store::Writer& writer, audit::Event&) -> Status {
      KAITO_TRY(auto row, writer.staff(olga.id));
      edit(*row);
      return writer.update(*row);
    }));
  };
  alter([](store::Staff& row) { row.role = store::StaffRole::auditor; });
  EXPECT_EQ(outcome(permit), Code::forbidden);
  alter([](store::Staff& row) { row.disabled = true; });
  EXPECT_EQ(outcome(permit), Code::unauthenticated);
}

TEST_F(StandingTest, AnonymousCallersHaveNothingToLose) { EXPECT_EQ(standing_of(Principal()), nullptr); }

}  // namespace
}  // namespace kaito::auth
