#include "tests/integration/auth/all_at_once.hpp"
#include "tests/integration/auth/auth_test.hpp"

namespace kaito::auth {
namespace {

constexpr std::string_view kNew = "another horse battery";

class InvitationTest : public AuthTest {
 protected:
  Token invite(const store::Member& member) {
    IssuedOneTimeToken issued = issue_one_time_token(store::OneTimePurpose::member_invitation, member.id.bytes(),
                                                     member.org, kInvitationLife, clock_, random_);
    EXPECT_TRUE(change([row = issued.row](store::Writer& writer, audit::Event&) { return writer.insert(row); }));
    return std::move(issued.token);
  }
  Result<Recorded<IssuedSession>> accept(const Token& token, std::string username, std::string_view password) {
    const Permit permit = PermitForTest::anonymous("auth.invitation.accept");
    return sync_wait(
        passwords_.accept_invitation(permit, token.duplicate(), std::move(username), Passphrase::copy_of(password)));
  }
  store::Org acme_ = add_org("acme");
  store::Member ada_ = add_member(acme_, "ada", store::MemberRole::member, store::MemberState::invited);
};

TEST_F(InvitationTest, MakesTheMemberActiveAndLogsIn) {
  const Token token = invite(ada_);
  const auto issued = flat(accept(token, " ADA", kNew));
  ASSERT_TRUE(issued);
  EXPECT_EQ(who(issued->token)->member()->id, ada_.id);
  EXPECT_TRUE(log_in("acme", "ada", kNew));
  EXPECT_FALSE(stands_in_the_database(text_of(token)));
  EXPECT_FALSE(stands_in_the_database(kNew));
}

TEST_F(InvitationTest, IsGoodOnce) {
  const Token token = invite(ada_);
  ASSERT_TRUE(accept(token, "ada", kNew));
  EXPECT_EQ(code_of(accept(token, "ada", "a third horse battery")), Code::unauthenticated);
  EXPECT_TRUE(log_in("acme", "ada", kNew));
}

TEST_F(InvitationTest, OfManyAtOnceOneWins) {
  const Token token = invite(ada_);
  const Permit permit = PermitForTest::anonymous("auth.invitation.accept");
  std::vector<Task<Result<Recorded<IssuedSession>>>> tasks;
  for (int i = 0; i < 50; ++i)
    tasks.push_back(passwords_.accept_invitation(permit, token.duplicate(), "ada",
                                                 Passphrase::copy_of("a password of mine " + std::to_string(i))));
  int won = 0;
  for (const auto& result : test::all_at_once(std::move(tasks))) {
    if (result)
      ++won;
    else
      EXPECT_EQ(code_of(result), Code::unauthenticated);
  }
  EXPECT_EQ(won, 1);
}

TEST_F(InvitationTest, EndsAfterItsTime) {
  const Token token = invite(ada_);
  clock_.advance(kInvitationLife);
  EXPECT_EQ(code_of(accept(token, "ada", kNew)), Code::unauthenticated);
}

TEST_F(InvitationTest, IsNotGoodForAnotherUserName) {
  add_member(acme_, "eve", store::MemberRole::member, store::MemberState::invited);
  const Token token = invite(ada_);
  EXPECT_EQ(code_of(accept(token, "eve", kNew)), Code::unauthenticated);
  EXPECT_TRUE(accept(token, "ada", kNew));
}

TEST_F(InvitationTest, S5StaysGoodWhenThePasswordIsRefused) {
  const Token token = invite(ada_);
  const auto refused = accept(token, "ada", "short");
  ASSERT_EQ(code_of(refused), Code::invalid_request);
  EXPECT_EQ(refused.error().field, "password");
  EXPECT_TRUE(accept(token, "ada", kNew));
}

TEST_F(InvitationTest, DoesNotBringBackADisabledMember) {
  const Token token = invite(ada_);
  store::Member member = ada_;
  member.state = store::MemberState::disabled;
  ASSERT_TRUE(update(member));
  EXPECT_EQ(code_of(accept(token, "ada", kNew)), Code::unauthenticated);
}

class PasswordChangeTest : public AuthTest {
 protected:
  Result<IssuedSession> change_password(const Token& session, std::string_view old_password, std::string_view next) {
    const Permit permit = permit_of(session, "auth.password.change");
    return flat(sync_wait(passwords_.change(permit, Passphrase::copy_of(old_password), Passphrase::copy_of(next))));
  }
  store::Org acme_ = add_org("acme");
  store::Member ada_ = add_member(acme_, "ada");
  Token session_ = log_in("acme", "ada").value().token.duplicate();
};

TEST_F(PasswordChangeTest, F40EndsEveryOtherSessionAndGivesANewOne) {
  const auto phone = log_in("acme", "ada");
  const auto changed = change_password(session_, kPassword, kNew);
  ASSERT_TRUE(changed);
  EXPECT_FALSE(who(session_));
  EXPECT_FALSE(who(phone->token));
  EXPECT_TRUE(who(changed->token));
  EXPECT_FALSE(log_in("acme", "ada"));
  EXPECT_TRUE(log_in("acme", "ada", kNew));
}

TEST_F(PasswordChangeTest, AWrongOldPasswordCountsAsAFailedLogin) {
  EXPECT_EQ(code_of(change_password(session_, "wrong password", kNew)), Code::unauthenticated);
  EXPECT_EQ(reload(ada_).failed_logins, 1U);
  const auto record = last_record();
  EXPECT_EQ(record.action, "auth.password.change");
  EXPECT_EQ(record.outcome, Outcome::denied);
  EXPECT_EQ(detail(record, "reason"), "wrong password");
}

TEST_F(PasswordChangeTest, F33AStolenSessionCannotGuessThePasswordForEver) {
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(change_password(session_, "wrong password", kNew));
  EXPECT_EQ(code_of(change_password(session_, kPassword, kNew)), Code::unauthenticated);
}

TEST_F(PasswordChangeTest, S5RefusesANewPasswordAgainstThePolicyAndTheOldOneAgain) {
  for (const std::string_view bad : {std::string_view("short"), kPassword}) {
    const auto changed = change_password(session_, kPassword, bad);
    ASSERT_EQ(code_of(changed), Code::invalid_request);
    EXPECT_EQ(changed.error().field, "new_password");
  }
  EXPECT_TRUE(who(session_));
}

TEST_F(PasswordChangeTest, OfTwoAtOnceTheSecondFindsThePasswordChanged) {
  const Permit permit = permit_of(session_, "auth.password.change");
  std::vector<Task<Result<Recorded<IssuedSession>>>> tasks;
  tasks.push_back(passwords_.change(permit, Passphrase::copy_of(kPassword), Passphrase::copy_of(kNew)));
  tasks.push_back(
      passwords_.change(permit, Passphrase::copy_of(kPassword), Passphrase::copy_of("a third horse battery")));
  int won = 0;
  for (auto& result : test::all_at_once(std::move(tasks))) won += flat(std::move(result)) ? 1 : 0;
  EXPECT_EQ(won, 1);
}

}  // namespace
}  // namespace kaito::auth
