// Approvals and their signatures.
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store {
namespace {

using samples::kNow;
using samples::nth;

Approval approval(std::uint32_t n, std::uint32_t proposer = 1) {
  return {.id = nth<ApprovalId>(n),
          .action = "org.delete",
          .proposer = nth<StaffId>(proposer),
          .needed = 2,
          .text = "kaito-approval/1\n",
          .created_at = kNow,
          .expires_at = kNow + Seconds(60)};
}

ApprovalSignature signature(std::uint32_t n, std::uint32_t staff, TimePoint when = kNow) {
  return {.approval = nth<ApprovalId>(n),
          .staff = nth<StaffId>(staff),
          .staff_name = "ada",
          .credential_id = {1, 2},
          .cose_key = {3},
          .client_data_json = {4},
          .authenticator_data = Bytes(37, 5),
          .signature = {6},
          .signed_at = when};
}

TEST_P(StoreContract, EveryFieldOfAnApprovalAndItsSignaturesIsKept) {
  insert(approval(1), approval(2), signature(1, 8, kNow + Seconds(1)), signature(1, 7, kNow));
  EXPECT_EQ(snapshot()->approval(nth<ApprovalId>(1)).value(), approval(1));
  EXPECT_FALSE(snapshot()->approval(nth<ApprovalId>(3)).value());
  EXPECT_EQ(snapshot()->signatures_of(nth<ApprovalId>(1)).value(),
            (std::vector{signature(1, 7, kNow), signature(1, 8, kNow + Seconds(1))}));
  EXPECT_TRUE(snapshot()->signatures_of(nth<ApprovalId>(2)).value().empty());
  const auto page = snapshot()->approvals({.limit = 1}).value();
  EXPECT_EQ(page.rows, std::vector{approval(1)});
  EXPECT_EQ(snapshot()->approvals({.limit = 1, .cursor = page.next}).value().rows, std::vector{approval(2)});
}

TEST_P(StoreContract, AnOfficerSignsAnApprovalOnceAndNoneThatIsNotThere) {
  insert(approval(1), signature(1, 7));
  EXPECT_CODE(write([](Writer& writer) { return writer.insert(signature(1, 7, kNow + Seconds(1))); }), Code::conflict);
  EXPECT_CODE(write([](Writer& writer) { return writer.insert(signature(9, 7)); }), Code::not_found);
}

TEST_P(StoreContract, AnApprovalEndsOnce) {
  insert(approval(1));
  EXPECT_EQ(snapshot()->open_approval_count(kNow).value(), 1U);
  EXPECT_EQ(snapshot()->open_approval_count(kNow + Seconds(60)).value(), 0U);
  const auto end = [this](ApprovalState state) {
    return write([state](Writer& writer) { return writer.end_approval(nth<ApprovalId>(1), state, kNow + Seconds(3)); });
  };
  EXPECT_DONE(end(ApprovalState::executed));
  EXPECT_CODE(end(ApprovalState::cancelled), Code::not_found);
  const auto ended = snapshot()->approval(nth<ApprovalId>(1)).value();
  EXPECT_EQ(ended->state, ApprovalState::executed);
  EXPECT_EQ(ended->ended_at, kNow + Seconds(3));
  EXPECT_EQ(snapshot()->open_approval_count(kNow).value(), 0U);
}

TEST_P(StoreContract, WhatSomebodyProposedOrSignedIsWithdrawnWhileItIsOpen) {
  auto expired = approval(4);
  expired.expires_at = kNow;
  insert(approval(1, 5), approval(2), signature(2, 5), approval(3), expired, signature(4, 5), approval(6, 5));
  EXPECT_DONE(
      write([](Writer& writer) { return writer.end_approval(nth<ApprovalId>(6), ApprovalState::executed, kNow); }));
  EXPECT_DONE(write([](Writer& writer) { return writer.withdraw_approvals_of(nth<StaffId>(5), kNow); }));
  const auto state = [this](std::uint32_t n) { return snapshot()->approval(nth<ApprovalId>(n)).value()->state; };
  EXPECT_EQ(state(1), ApprovalState::withdrawn);
  EXPECT_EQ(state(2), ApprovalState::withdrawn);
  EXPECT_EQ(state(3), ApprovalState::open);
  EXPECT_EQ(state(4), ApprovalState::open) << "expired";
  EXPECT_EQ(state(6), ApprovalState::executed);
}

TEST_P(StoreContract, ADeletedOrgHasItsNameUntilItIsShredded) {
  insert(samples::org(1),
         Rotation{.id = nth<RotationId>(1), .from = 1, .to = 2, .started_at = kNow, .updated_at = kNow});
  EXPECT_DONE(write(
      [](Writer& writer) { return writer.remove_org({.org = nth<OrgId>(1), .deleted_at = kNow, .name = "Acme"}); }));
  EXPECT_EQ(snapshot()->unclaimed_deletions().value().at(0).name, "Acme");
  EXPECT_DONE(write([](Writer& writer) { return writer.claim_deleted_orgs(nth<RotationId>(1)); }));
  EXPECT_TRUE(snapshot()->unclaimed_deletions().value().empty());
  EXPECT_DONE(write([](Writer& writer) { return writer.mark_shredded(nth<RotationId>(1), kNow); }));
  EXPECT_EQ(snapshot()->orgs_shredded_by(nth<RotationId>(1)).value().at(0).name, "");
}

}  // namespace
}  // namespace kaito::store
