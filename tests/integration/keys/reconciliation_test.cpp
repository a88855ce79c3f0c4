#include "appliance/keys/reconciliation.hpp"

#include <thread>

#include "appliance/vault/codes.hpp"
#include "tests/fakes/manual_time_source.hpp"
#include "tests/integration/keys/key_test.hpp"

namespace kaito::keys {
namespace {

class Reconciling : public KeyTest {
 protected:
  Reconciling() : id_(add_org("Acme").id), seeds_(add_seeds(id_, "Acme", 5)) { begin(); }

  // What a process does at its start.
  void begin() {
    ledger_ = std::make_unique<KeyUseLedger>(*store_, clock_);
    org_keys_->count_in(*ledger_);
    must(sync_wait(ledger_->write_down()));
  }
  // A stop that nobody was told of: what was counted since the last writing is lost.
  void kill_and_begin() {
    ledger_.reset();
    restart();
    begin();
  }
  void read_code(const SeedId& seed, Seconds lease = Seconds(0)) {
    vault::Codes codes(*store_, *journal_, *opener_, clock_, time_, lease);
    must(must(sync_wait(codes.read(owner("seed.code.read"), seed, false))).result);
  }
  void read_codes(const std::vector<SeedId>& seeds) {
    vault::Codes codes(*store_, *journal_, *opener_, clock_, time_, Seconds(0));
    must(must(sync_wait(codes.read_many(owner("seed.codes.read"), seeds))).result);
  }
  auth::Permit owner(std::string_view action) const {
    return auth::PermitForTest::make(
        auth::Principal(auth::MemberPrincipal{.org = id_, .role = store::MemberRole::owner, .groups = std::nullopt}),
        id_, action);
  }
  Reconciliation report() {
    Reconciler reconciler(*store_, *journal_, *ledger_, pool_, clock_);
    return must(
        std::move(must(sync_wait(reconciler.report(permit("org.key.reconcile", id_), std::chrono::hours(24)))).result));
  }

  test::ManualTimeSource time_source_;
  timekeeping::TimeWatch time_{time_source_, {}};
  const OrgId id_;
  const std::vector<SeedId> seeds_;
  WorkerPool pool_{1, 4};
  std::unique_ptr<KeyUseLedger> ledger_;
};

TEST_F(Reconciling, S12EveryCodeThatWasGivenWasOpenedAndRecordedOnce) {
  for (const auto& seed : seeds_) read_code(seed);
  read_codes(seeds_);
  read_code(seeds_[0], Seconds(30));  // asks the HSM, and leaves a lease
  read_code(seeds_[0], Seconds(30));
  const auto found = report();
  EXPECT_EQ(found.opened_by_hsm, 11U);
  EXPECT_EQ(found.opened_by_lease, 1U);
  EXPECT_EQ(found.codes_recorded, 12U);
  EXPECT_EQ(found.difference, 0);
  EXPECT_TRUE(found.incomplete.empty());
}

TEST_F(Reconciling, S12AnOpeningWithoutARecordIsShown) {
  read_code(seeds_[0]);
  must(sync_wait(opener_->open(seed(id_, seeds_[1]), Seconds(0))));  // around the service that records
  must(sync_wait(opener_->open(seed(id_, seeds_[1]), Seconds(0))));
  const auto found = report();
  EXPECT_EQ(found.difference, 2);
  EXPECT_NE(found.explanations.front().find("an opening without a record"), std::string::npos);
}

TEST_F(Reconciling, WhatIsNoCodeIsCountedApart) {
  add_seeds(id_, "more", 2);
  must(sync_wait(opener_->open_dek(seed(id_, seeds_[0]))));
  const auto found = report();
  EXPECT_EQ(found.difference, 0);
  EXPECT_EQ(found.index_keys, 1U);
  EXPECT_EQ(found.opened_for_changes, 1U);
  run_to_end(start(store::KeyKind::org, id_).id);
  EXPECT_EQ(report().difference, 0) << "a rotation opens nothing for a code";
}

TEST_F(Reconciling, AnotherOrgsUsesAreNotOnesOwn) {
  const auto other = add_org("Other").id;
  const auto theirs = add_seeds(other, "Other", 1);
  must(sync_wait(opener_->open(seed(other, theirs[0]), Seconds(0))));
  EXPECT_EQ(report().difference, 0);
  EXPECT_EQ(report().opened_by_hsm, 0U);
}

TEST_F(Reconciling, F25CountsOutliveAProcessAndWhatAKilledOneLostIsSaid) {
  read_code(seeds_[0]);
  must(sync_wait(ledger_->close()));
  kill_and_begin();
  clock_.advance(Seconds(1));
  EXPECT_EQ(report().difference, 0);
  EXPECT_EQ(report().opened_by_hsm, 1U);
  EXPECT_TRUE(report().incomplete.empty());
  read_code(seeds_[1]);
  read_code(seeds_[2]);
  clock_.advance(Seconds(1));
  kill_and_begin();
  const auto found = report();
  EXPECT_EQ(found.codes_recorded, 3U);
  EXPECT_EQ(found.difference, -2);
  ASSERT_EQ(found.incomplete.size(), 1U);
  EXPECT_NE(found.explanations.front().find("killed"), std::string::npos);
}

TEST_F(Reconciling, AnOlderHourIsLeftOut) {
  read_code(seeds_[0]);
  clock_.advance(Seconds(30 * 3600));
  must(sync_wait(ledger_->write_down()));
  clock_.advance(Seconds(25 * 3600));
  must(sync_wait(ledger_->write_down()));
  read_code(seeds_[1]);
  const auto found = report();
  EXPECT_EQ(found.opened_by_hsm, 1U);
  EXPECT_EQ(found.codes_recorded, 1U);
}

TEST_F(Reconciling, CountingFromManyThreadsLosesNothing) {
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  std::vector<OrgId> orgs;
  for (int i = 0; i < 50; ++i) orgs.push_back(OrgId::make(clock_, random_));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i)
          ledger_->count(orgs[static_cast<std::size_t>(i) % orgs.size()], KeyUse::code_by_hsm, 1);
      });
  }
  must(sync_wait(ledger_->write_down()));
  std::uint64_t total = 0;
  for (const auto& org : orgs)
    for (const auto& use : must(snapshot()->key_uses(org, TimePoint{}))) total += use.count;
  EXPECT_EQ(total, std::uint64_t{kThreads} * kEach);
}

}  // namespace
}  // namespace kaito::keys
