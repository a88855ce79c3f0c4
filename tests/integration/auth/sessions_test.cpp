#include "tests/integration/auth/auth_test.hpp"

namespace kaito::auth {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class SessionsTest : public AuthTest {
 protected:
  Token log_in_as(const std::string& username) {
    auto issued = log_in("acme", username);
    EXPECT_TRUE(issued);
    return std::move(issued->token);
  }
  store::Org acme_ = add_org("acme");
  store::Member ada_ = add_member(acme_, "ada");
};

TEST_F(SessionsTest, S7EndsAfterTwelveIdleHours) {
  const Token token = log_in_as("ada");
  clock_.advance(hours(12) - Milliseconds(1));
  EXPECT_TRUE(who(token));
  flush();
  clock_.advance(hours(12));
  EXPECT_EQ(code_of(who(token)), Code::unauthenticated);
}

TEST_F(SessionsTest, S7UseKeepsItAliveUntilSevenDays) {
  const Token token = log_in_as("ada");
  for (int i = 0; i < 16; ++i) {  // 16 × 10 h: six days and 16 hours
    clock_.advance(hours(10));
    EXPECT_TRUE(who(token)) << i;
    flush();
  }
  clock_.advance(hours(8) - Milliseconds(1));
  EXPECT_TRUE(who(token));
  flush();
  clock_.advance(Milliseconds(1));
  EXPECT_EQ(code_of(who(token)), Code::unauthenticated);
}

TEST_F(SessionsTest, S7ASessionOfOneHourEndsAfterIt) {
  Sessions strict(store_, journal_, clock_, random_, {.idle = hours(1), .absolute = hours(1)});
  const Token token = log_in_as("ada");
  clock_.advance(hours(1) - Milliseconds(1));
  EXPECT_TRUE(strict.authenticate(*snapshot(), as_text(token.expose_secret())));
  flush();
  clock_.advance(Milliseconds(1));
  EXPECT_FALSE(strict.authenticate(*snapshot(), as_text(token.expose_secret())));
}

TEST_F(SessionsTest, NotesItsUseAtMostOnceAMinute) {
  const Token token = log_in_as("ada");
  const auto digest = digest_token(TokenKind::session, token);
  const TimePoint start = clock_.now();
  clock_.advance(Seconds(59));
  EXPECT_TRUE(who(token));
  flush();
  EXPECT_EQ(snapshot()->session(*digest)->value().last_seen, start);
  clock_.advance(Seconds(1));
  EXPECT_TRUE(who(token));
  flush();
  EXPECT_EQ(snapshot()->session(*digest)->value().last_seen, start + Seconds(60));
}

TEST_F(SessionsTest, F40LogoutEndsItAtOnceAndIsRecorded) {
  const Token token = log_in_as("ada");
  const Token other = log_in_as("ada");
  ASSERT_TRUE(flat(sync_wait(sessions_.logout(permit_of(token, "auth.logout")))));
  EXPECT_EQ(code_of(who(token)), Code::unauthenticated);
  EXPECT_TRUE(who(other));
  const auto record = last_record();
  EXPECT_EQ(record.action, "auth.logout");
  EXPECT_EQ(record.actor_id, ada_.id.bytes());
}

TEST_F(SessionsTest, F40LossOfARoleCountsFromTheNextRequestOn) {
  store::Member boss = add_member(acme_, "boss", store::MemberRole::owner);
  const Token token = log_in_as("boss");
  EXPECT_EQ(who(token)->member()->role, store::MemberRole::owner);
  EXPECT_FALSE(who(token)->visible_groups().has_value());
  boss.role = store::MemberRole::viewer;
  ASSERT_TRUE(update(boss));
  EXPECT_EQ(who(token)->member()->role, store::MemberRole::viewer);
  EXPECT_EQ(who(token)->visible_groups(), std::vector<GroupId>{});
}

TEST_F(SessionsTest, F40ADisabledOrRemovedMemberIsOutAtOnce) {
  const Token token = log_in_as("ada");
  store::Member member = reload(ada_);
  member.state = store::MemberState::disabled;
  ASSERT_TRUE(update(member));
  EXPECT_EQ(code_of(who(token)), Code::unauthenticated);

  add_member(acme_, "bob");
  const Token bobs = log_in_as("bob");
  ASSERT_TRUE(change([org = acme_.id, id = who(bobs)->member()->id](store::Writer& writer, audit::Event&) {
    return writer.remove_member(org, id);
  }));
  EXPECT_EQ(code_of(who(bobs)), Code::unauthenticated);
}

TEST_F(SessionsTest, F40DeletionOfTheOrgEndsItAtOnce) {
  const Token token = log_in_as("ada");
  ASSERT_TRUE(change([id = acme_.id](store::Writer& writer, audit::Event&) { return writer.remove_org({.org = id}); }));
  EXPECT_EQ(code_of(who(token)), Code::unauthenticated);
}

TEST_F(SessionsTest, S13AllSessionsOfAMemberCanBeEnded) {
  const Token first = log_in_as("ada");
  const Token second = log_in_as("ada");
  const store::Member boss = add_member(acme_, "boss", store::MemberRole::admin);
  ASSERT_TRUE(flat(sync_wait(sessions_.revoke_all(permit_of(boss, "member.sessions.revoke"), ada_.id))));
  EXPECT_FALSE(who(first));
  EXPECT_FALSE(who(second));
  EXPECT_EQ(last_record().targets.at(0).value, ada_.id.str());
}

TEST_F(SessionsTest, F51AnAdminOfAnotherOrgCannotEndThem) {
  const Token token = log_in_as("ada");
  const store::Member stranger = add_member(add_org("other"), "eve", store::MemberRole::owner);
  EXPECT_EQ(code_of(sync_wait(sessions_.revoke_all(permit_of(stranger), ada_.id))), Code::not_found);
  EXPECT_TRUE(who(token));
}

TEST_F(SessionsTest, F43IsFreshForFiveMinutesAfterTheLogin) {
  const Token token = log_in_as("ada");
  clock_.advance(minutes(5) - Milliseconds(1));
  EXPECT_TRUE(sessions_.is_fresh(*who(token)->session()));
  flush();
  clock_.advance(Milliseconds(1));
  EXPECT_FALSE(sessions_.is_fresh(*who(token)->session()));
}

TEST_F(SessionsTest, F38AClockThatIsSetBackEndsSessionsInsteadOfMakingThemLonger) {
  const Token token = log_in_as("ada");
  clock_.step(-minutes(1));
  EXPECT_TRUE(who(token));
  clock_.step(-hours(1));
  EXPECT_EQ(code_of(who(token)), Code::unauthenticated);
}

TEST_F(SessionsTest, ShowsAMemberTheGroupsOfTheMoment) {
  const Token token = log_in_as("ada");
  const store::Group group = add_group(acme_, "ops");
  EXPECT_EQ(who(token)->visible_groups(), std::vector<GroupId>{});
  ASSERT_TRUE(change([group = group.id, member = ada_.id](store::Writer& writer, audit::Event&) {
    return writer.add_to_group(group, member);
  }));
  EXPECT_EQ(who(token)->visible_groups(), std::vector<GroupId>{group.id});
}

TEST_F(SessionsTest, SweepRemovesOnlyWhatNoCheckWouldAccept) {
  const Token old = log_in_as("ada");
  clock_.advance(hours(11));
  const Token young = log_in_as("ada");
  clock_.advance(hours(1) + Milliseconds(1));
  ASSERT_TRUE(sync_wait(sessions_.sweep()));
  EXPECT_FALSE(snapshot()->session(*digest_token(TokenKind::session, old))->has_value());
  EXPECT_TRUE(who(young));
}

TEST_F(SessionsTest, RefusesTokensOfOtherKindsAndUnknownOnes) {
  EXPECT_EQ(code_of(who("")), Code::unauthenticated);
  EXPECT_EQ(code_of(who(make_token(TokenKind::session, random_))), Code::unauthenticated);
  EXPECT_EQ(code_of(who(make_token(TokenKind::api_key, random_))), Code::unauthenticated);
}

}  // namespace
}  // namespace kaito::auth
