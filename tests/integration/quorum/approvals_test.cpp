#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "provisioning/quorum/approval_text.hpp"
#include "tests/integration/auth/all_at_once.hpp"
#include "tests/integration/quorum/quorum_test.hpp"

namespace kaito::quorum {
namespace {

using auth::code_of;
using store::ApprovalState;
using testing::HasSubstr;

using ApprovalsTest = QuorumTest;

TEST_F(ApprovalsTest, C3AProtectedActionNeedsTwoOfficersAndIsDoneOnce) {
  EXPECT_EQ(code_of(disable_otto(olga_, std::nullopt)), Code::approval_required);
  const auto approval = propose(olga_, disabling_otto());
  EXPECT_EQ(code_of(disable_otto(olga_, approval.id)), Code::conflict) << "nobody has signed";
  ASSERT_TRUE(sign(olga_key_, olga_, approval));
  EXPECT_EQ(code_of(disable_otto(olga_, approval.id)), Code::conflict) << "one of two";
  ASSERT_TRUE(sign(oona_key_, oona_, approval));
  ASSERT_TRUE(disable_otto(olga_, approval.id));
  EXPECT_TRUE(reload(otto_).disabled);
  EXPECT_EQ(state_of(approval.id), ApprovalState::executed);
  const auto record = last_record();
  EXPECT_EQ(record.action, "staff.update");
  EXPECT_THAT(detail(record, "approved_by"), testing::AllOf(HasSubstr("olga"), HasSubstr("oona")));
  EXPECT_EQ(code_of(disable_otto(olga_, approval.id)), Code::conflict) << "executed once only";
}

TEST_F(ApprovalsTest, TheTextNamesActionTargetByIdAndNameParametersApplianceAndExpiry) {
  const auto approval = propose(olga_, disabling_otto());
  EXPECT_THAT(approval.text, testing::StartsWith("kaito-approval/1\nappliance: " + journal_.origin() + "\n"));
  for (const std::string& line :
       {std::string("action: staff.update\n"), "target: staff " + otto_.id.str() + " \"otto\"\n",
        std::string("parameter: disabled \"true\"\n"), "proposed-by: " + olga_.id.str() + " \"olga\"\n",
        "expires-at: " + to_rfc3339(approval.expires_at) + "\n", std::string("needed: 2\n"),
        "approval: " + approval.id.str() + "\n", std::string("nonce: ")})
    EXPECT_THAT(approval.text, HasSubstr("\n" + line));
  EXPECT_NE(propose(olga_, disabling_otto()).text, approval.text);
}

TEST_F(ApprovalsTest, ANameCanNeitherEndItsLineNorForgeAnother) {
  auto org = add_org("Acme\"\nparameter: disabled \"false");
  const auto approval = propose(olga_, ProtectedAction::delete_org(org.id));
  EXPECT_THAT(approval.text,
              HasSubstr("target: org " + org.id.str() + " \"Acme\\\"\\nparameter: disabled \\\"false\"\n"));
}

TEST_F(ApprovalsTest, OneOfficerCountsOnceWithHoweverManyKeys) {
  test::SoftAuthenticator second;
  enrol_another(second, olga_);
  const auto approval = propose(olga_, disabling_otto());
  const auto early = assertion(second, olga_, approval);
  ASSERT_TRUE(early);
  ASSERT_TRUE(sign(olga_key_, olga_, approval));
  EXPECT_EQ(code_of(send(olga_, approval.id, *early)), Code::conflict);
  EXPECT_FALSE(assertion(second, olga_, approval)) << "and is offered nothing to sign any more";
  EXPECT_EQ(signatures_of(approval.id), 1U);
  EXPECT_EQ(code_of(disable_otto(olga_, approval.id)), Code::conflict);
}

TEST_F(ApprovalsTest, TwoKeysOfOneOfficerAtTheSameMomentCountOnce) {
  test::SoftAuthenticator second;
  enrol_another(second, olga_);
  const auto approval = propose(olga_, disabling_otto());
  const auto one = assertion(olga_key_, olga_, approval);
  const auto other = assertion(second, olga_, approval);
  const auto attempt = [&](boost::json::value response) -> Task<bool> {
    const auto permit = permit_of(olga_, "approval.sign");
    const auto sent = co_await approvals_.approve(permit, approval.id, response);
    co_return sent && sent->result;
  };
  std::vector<Task<bool>> tasks;
  tasks.push_back(attempt(*one));
  tasks.push_back(attempt(*other));
  EXPECT_THAT(test::all_at_once(std::move(tasks)), testing::UnorderedElementsAre(true, false));
  EXPECT_EQ(signatures_of(approval.id), 1U);
}

TEST_F(ApprovalsTest, TwoOfficersAtTheSameMomentBothCount) {
  const auto approval = propose(otto_, ProtectedAction::change_staff(olga_.id, true));
  const auto one = assertion(oona_key_, oona_, approval);
  const auto other = assertion(otto_key_, otto_, approval);
  const auto attempt = [&](const store::Staff& officer, boost::json::value response) -> Task<bool> {
    const auto permit = permit_of(officer, "approval.sign");
    const auto sent = co_await approvals_.approve(permit, approval.id, response);
    co_return sent && sent->result;
  };
  std::vector<Task<bool>> tasks;
  tasks.push_back(attempt(oona_, *one));
  tasks.push_back(attempt(otto_, *other));
  EXPECT_THAT(test::all_at_once(std::move(tasks)), testing::ElementsAre(true, true));
  EXPECT_EQ(signatures_of(approval.id), 2U);
}

TEST_F(ApprovalsTest, OfTwoExecutionsAtTheSameMomentOneIsDone) {
  const auto approval = propose(olga_, disabling_otto());
  ASSERT_TRUE(sign(olga_key_, olga_, approval));
  ASSERT_TRUE(sign(oona_key_, oona_, approval));
  std::vector<auth::Permit> permits;
  for (int i = 0; i < 8; ++i) {
    auto permit = permit_of(olga_, "staff.update");
    auto condition = approvals_.admit(permit, disabling_otto(), approval.id);
    ASSERT_TRUE(condition) << "all are let in before one is done";
    permits.push_back(auth::PermitForTest::bound(std::move(permit), *std::move(condition)));
  }
  const auto attempt = [&](const auth::Permit& permit) -> Task<bool> {
    const auto done = co_await registry2_.set_disabled(permit, otto_.id, true);
    co_return done && done->result;
  };
  std::vector<Task<bool>> tasks;
  for (const auto& permit : permits) tasks.push_back(attempt(permit));
  const auto done = test::all_at_once(std::move(tasks));
  EXPECT_EQ(std::ranges::count(done, true), 1);
}

TEST_F(ApprovalsTest, F39AnAssertionIsGoodForNoOtherApprovalAndNotTwice) {
  const auto first = propose(olga_, disabling_otto());
  const auto second = propose(olga_, disabling_otto());
  const auto response = assertion(oona_key_, oona_, first);
  EXPECT_EQ(code_of(send(oona_, second.id, *response)), Code::invalid_request);
  EXPECT_EQ(detail(last_record(), "reason"), "challenge");
  ASSERT_TRUE(send(oona_, first.id, *response));
  EXPECT_EQ(code_of(send(oona_, first.id, *response)), Code::invalid_request);
  EXPECT_EQ(detail(last_record(), "reason"), "counter");
  EXPECT_EQ(code_of(send(olga_, first.id, *response)), Code::invalid_request) << "another's key";
  EXPECT_EQ(signatures_of(first.id), 1U);
  EXPECT_EQ(signatures_of(second.id), 0U);
}

TEST_F(ApprovalsTest, AnotherAppliancesChallengeIsRefused) {
  const auto approval = propose(olga_, disabling_otto());
  std::string elsewhere = approval.text;
  const auto at = elsewhere.find(journal_.origin());
  elsewhere.replace(at, journal_.origin().size(), "kaito.local/another");
  webauthn::RequestOptions options{.rp_id = party_.rp.id, .challenge = challenge_of(elsewhere)};
  options.allow.push_back({.id = snapshot()->credentials_of(oona_.id)->front().credential_id});
  const auto response = oona_key_.get_json(webauthn::request_options_json(options), kOrigin);
  ASSERT_TRUE(response);
  EXPECT_EQ(code_of(send(oona_, approval.id, *response)), Code::invalid_request);
  EXPECT_EQ(signatures_of(approval.id), 0U);
}

TEST_F(ApprovalsTest, F39WithoutUserVerificationOrFromAnotherOriginNothingIsSigned) {
  const auto approval = propose(olga_, disabling_otto());
  const auto found = auth::flat(sync_wait(approvals_.get(permit_of(oona_), approval.id)));
  const auto foreign = oona_key_.get_json(*found->options, "https://elsewhere.vault.example");
  ASSERT_TRUE(foreign);
  EXPECT_EQ(code_of(send(oona_, approval.id, *foreign)), Code::invalid_request);
  EXPECT_EQ(detail(last_record(), "reason"), "origin");
  oona_key_.behaviour.user_verified = false;
  const auto unverified = oona_key_.get_json(*found->options, kOrigin);
  EXPECT_EQ(code_of(send(oona_, approval.id, *unverified)), Code::invalid_request);
  EXPECT_EQ(detail(last_record(), "reason"), "uv");
}

TEST_F(ApprovalsTest, NothingIsSignedOrDoneAfterItHasEndedOrExpired) {
  const auto executed = propose(olga_, disabling_otto());
  const auto late = assertion(otto_key_, otto_, executed);
  ASSERT_TRUE(sign(olga_key_, olga_, executed) && sign(oona_key_, oona_, executed));
  const auto cancelled = propose(olga_, disabling_otto());
  ASSERT_TRUE(sign(olga_key_, olga_, cancelled) && sign(oona_key_, oona_, cancelled));
  ASSERT_TRUE(auth::flat(sync_wait(approvals_.cancel(permit_of(oona_), cancelled.id))));
  EXPECT_EQ(code_of(disable_otto(olga_, cancelled.id)), Code::conflict);
  EXPECT_EQ(code_of(auth::flat(sync_wait(approvals_.cancel(permit_of(oona_), cancelled.id)))), Code::conflict);
  const auto expired = propose(olga_, disabling_otto());
  ASSERT_TRUE(sign(olga_key_, olga_, expired) && sign(oona_key_, oona_, expired));
  ASSERT_TRUE(disable_otto(olga_, executed.id));
  EXPECT_EQ(code_of(send(otto_, executed.id, *late)), Code::conflict);
  clock_.advance(std::chrono::hours(24));
  EXPECT_EQ(code_of(disable_otto(olga_, expired.id)), Code::conflict);
}

TEST_F(ApprovalsTest, ADisabledSignerWithdrawsWhatTheySignedOrProposed) {
  const auto signed_by_oona = propose(olga_, disabling_otto());
  ASSERT_TRUE(sign(olga_key_, olga_, signed_by_oona) && sign(oona_key_, oona_, signed_by_oona));
  const auto by_oona = propose(oona_, disabling_otto());
  const auto untouched = propose(olga_, disabling_otto());
  ASSERT_TRUE(auth::flat(sync_wait(registry2_.set_disabled(permit_of(olga_), oona_.id, true))));
  std::size_t named = 0;
  for (const auto& [kind, id] : last_record().targets)
    if (kind == "withdrawn_approval") named += id == signed_by_oona.id.str() || id == by_oona.id.str() ? 1 : 100;
  EXPECT_EQ(named, 2U) << "the record tells which";
  EXPECT_EQ(state_of(signed_by_oona.id), ApprovalState::withdrawn);
  EXPECT_EQ(state_of(by_oona.id), ApprovalState::withdrawn);
  EXPECT_EQ(state_of(untouched.id), ApprovalState::open);
  EXPECT_EQ(code_of(disable_otto(olga_, signed_by_oona.id)), Code::conflict);
}

TEST_F(ApprovalsTest, ALostKeyWithdrawsWhatItsOfficerSigned) {
  test::SoftAuthenticator second;
  enrol_another(second, oona_);
  const auto approval = propose(olga_, disabling_otto());
  ASSERT_TRUE(sign(oona_key_, oona_, approval));
  const auto key = snapshot()->signatures_of(approval.id)->front().credential_id;
  ASSERT_TRUE(auth::flat(sync_wait(registry2_.remove_credential(permit_of(olga_), oona_.id, key))));
  EXPECT_EQ(state_of(approval.id), ApprovalState::withdrawn);
}

TEST_F(ApprovalsTest, ItIsDoneOnlyByItsProposerForItsActionWhileTheTargetIsTheSame) {
  const auto org = add_org("Acme");
  const auto approval = propose(olga_, ProtectedAction::delete_org(org.id));
  ASSERT_TRUE(sign(olga_key_, olga_, approval) && sign(oona_key_, oona_, approval));
  const auto admitted = [&](const store::Staff& officer, const ProtectedAction& action) {
    return approvals_.admit(permit_of(officer, "org.delete"), action, approval.id);
  };
  EXPECT_EQ(code_of(admitted(oona_, ProtectedAction::delete_org(org.id))), Code::conflict);
  EXPECT_EQ(code_of(admitted(olga_, ProtectedAction::delete_org(add_org("Other").id))), Code::conflict);
  EXPECT_EQ(code_of(admitted(olga_, disabling_otto())), Code::conflict);
  ASSERT_TRUE(admitted(olga_, ProtectedAction::delete_org(org.id)));
  auto renamed = org;
  renamed.name = "Another";
  ASSERT_TRUE(change([&](store::Writer& writer, audit::Event&) { return writer.update(renamed); }));
  EXPECT_EQ(code_of(admitted(olga_, ProtectedAction::delete_org(org.id))), Code::conflict);
}

TEST_F(ApprovalsTest, AChangeThatFailsUsesNoApprovalUp) {
  const auto approval = propose(olga_, disabling_otto());
  ASSERT_TRUE(sign(olga_key_, olga_, approval) && sign(oona_key_, oona_, approval));
  auto permit = permit_of(olga_, "staff.update");
  auto condition = approvals_.admit(permit, disabling_otto(), approval.id);
  const auto bound = auth::PermitForTest::bound(std::move(permit), *std::move(condition));
  const auto failed = sync_wait(journal_.commit(
      bound.event(), [](store::Writer&, audit::Event&) -> Status { return fail(Code::hsm_unavailable, "away"); }));
  EXPECT_FALSE(failed);
  EXPECT_EQ(state_of(approval.id), ApprovalState::open);
  EXPECT_TRUE(disable_otto(olga_, approval.id));
}

TEST_F(ApprovalsTest, F24ATextOrASignatureThatWasEditedInTheDatabaseDoesNothing) {
  const auto approval = propose(olga_, ProtectedAction::change_staff(oona_.id, true));
  ASSERT_TRUE(sign(olga_key_, olga_, approval) && sign(oona_key_, oona_, approval));
  tamper("UPDATE approval SET text = replace(replace(text, '" + oona_.id.str() + "', '" + otto_.id.str() +
         "'), '\"oona\"', '\"otto\"')");
  EXPECT_EQ(code_of(disable_otto(olga_, approval.id)), Code::integrity);
}

TEST_F(ApprovalsTest, ColleaguesWhoAreNoOfficersTakeOneAndTheQuorumBuildsItself) {
  const auto admit = [this](const ProtectedAction& action) {
    return approvals_.admit(permit_of(olga_), action, std::nullopt);
  };
  EXPECT_TRUE(admit(*ProtectedAction::create_staff("alan", store::StaffRole::auditor)));
  EXPECT_EQ(code_of(admit(*ProtectedAction::create_staff("orla", store::StaffRole::security_officer))),
            Code::approval_required);
  EXPECT_EQ(code_of(admit(ProtectedAction::invite_staff(otto_.id))), Code::approval_required);
  // One officer alone, as after the set-up: who else could sign?
  ASSERT_TRUE(auth::flat(sync_wait(registry_.set_disabled(permit_of(olga_), otto_.id, true))));
  ASSERT_TRUE(auth::flat(sync_wait(registry_.set_disabled(permit_of(olga_), oona_.id, true))));
  EXPECT_TRUE(admit(*ProtectedAction::create_staff("orla", store::StaffRole::security_officer)));
  EXPECT_EQ(code_of(admit(ProtectedAction::delete_org(add_org("Acme").id))), Code::approval_required);
}

TEST_F(ApprovalsTest, WhatIsNotThereYetIsNotLetThrough) {
  const auto shred = [this] { return approvals_.admit(permit_of(olga_), ProtectedAction::shred(), std::nullopt); };
  EXPECT_EQ(code_of(shred()), Code::conflict);
  EXPECT_EQ(code_of(approvals_.admit(permit_of(olga_), ProtectedAction::delete_org(OrgId()), std::nullopt)),
            Code::not_found);
  // More to tell than a text may hold is no way around it.
  ASSERT_TRUE(change([this](store::Writer& writer, audit::Event&) -> Status {
    for (int i = 0; i < 1000; ++i) {
      const store::Org org{.id = OrgId::make(clock_, random_),
                           .name = fmt::format("{:n>100}", i),
                           .created_at = clock_.now(),
                           .kek_version = 1,
                           .wrapped_index_key = Bytes(61, 1)};
      KAITO_CHECK(writer.insert(org));
      KAITO_CHECK(writer.remove_org({.org = org.id, .deleted_at = clock_.now(), .name = org.name}));
    }
    return {};
  }));
  EXPECT_EQ(code_of(shred()), Code::conflict);
}

TEST_F(ApprovalsTest, AsManyOfficersStayAsHaveToSign) {
  ASSERT_TRUE(auth::flat(sync_wait(registry2_.set_disabled(permit_of(olga_), otto_.id, true))));
  EXPECT_EQ(code_of(auth::flat(sync_wait(registry2_.set_disabled(permit_of(olga_), oona_.id, true)))), Code::conflict);
}

TEST_F(ApprovalsTest, WhereOneOfficerIsEnoughNothingIsAskedFor) {
  Approvals alone(store_, journal_, party_, clock_, random_, 1);
  const auto admitted = alone.admit(permit_of(olga_), disabling_otto(), std::nullopt);
  ASSERT_TRUE(admitted);
  EXPECT_EQ(*admitted, nullptr);
}

TEST_F(ApprovalsTest, AnAuditorVerifiesTheKeptAssertionsLater) {
  const auto approval = propose(olga_, disabling_otto());
  ASSERT_TRUE(sign(olga_key_, olga_, approval) && sign(oona_key_, oona_, approval));
  const auto evidence = detail(last_record(), "evidence");
  const auto signatures = snapshot()->signatures_of(approval.id).value();
  ASSERT_EQ(signatures.size(), 2U);
  for (const auto& signature : signatures) EXPECT_TRUE(verify_signature(party_.rp, approval.text, signature));
  EXPECT_TRUE(std::ranges::any_of(
      signatures, [&](const auto& signature) { return evidence_of(approval.text, signature) == evidence; }));
  auto forged = signatures.front();
  forged.signature.back() ^= 1;
  EXPECT_FALSE(verify_signature(party_.rp, approval.text, forged));
  EXPECT_FALSE(verify_signature(party_.rp, approval.text + " ", signatures.front()));
}

TEST_F(ApprovalsTest, OpenApprovalsAreBounded) {
  for (std::uint64_t i = 0; i < kMaxOpenApprovals; ++i) propose(olga_, disabling_otto());
  EXPECT_EQ(code_of(auth::flat(sync_wait(approvals_.propose(permit_of(olga_), disabling_otto())))), Code::conflict);
  clock_.advance(kApprovalLife);
  EXPECT_TRUE(auth::flat(sync_wait(approvals_.propose(permit_of(olga_), disabling_otto()))));
}

}  // namespace
}  // namespace kaito::quorum
