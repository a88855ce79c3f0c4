// An org's key in its own HSM: moved there and back while seeds are opened, and never needed by anybody else.
#include <poll.h>

#include "appliance/base/file.hpp"
#include "appliance/keys/customer_hsms.hpp"
#include "tests/integration/keys/customer_hsm_test.hpp"

namespace kaito::keys {
namespace {

using store::KeyKind;
using store::KeyPlace;
using store::RotationState;

TEST_F(CustomerHsm, S12AMigrationThereIsARotationThatLeavesSeedsAsTheyAre) {
  std::vector<store::Seed> before;
  for (const auto& id : seeds_) before.push_back(seed(id_, id));
  const auto rotation = move_to({.hsm = "acme", .key = std::string(kKey)}, true);
  const auto ended = run_to_end(rotation.id);
  EXPECT_EQ(ended.state, RotationState::done) << ended.error;
  EXPECT_EQ(ended.done, seeds_.size());
  EXPECT_EQ(place(), (KeyPlace{.hsm = "acme", .key = std::string(kKey)}));
  for (std::size_t n = 0; n < seeds_.size(); ++n) EXPECT_EQ(seed(id_, seeds_[n]).ciphertext, before[n].ciphertext);
  expect_open(id_, "Acme", seeds_);
  // No blob of the org's key is left here, and the certificate says where it is.
  EXPECT_EQ(must(keyring_->entries_of(id_)).size(), 1U);
  const auto issued = certificates(rotation.id);
  ASSERT_EQ(issued.size(), 2U);
  EXPECT_EQ(opened(issued[0]).find("held-by"), "the customer's HSM acme, pkcs11:object=acme-kek");
  // New seeds are sealed there too.
  expect_open(id_, "new", add_seeds(id_, "new", 3));
}

TEST_F(CustomerHsm, S12GoesOnAfterAStopAtAnyStepThereAndBack) {
  for (const bool there : {true, false}) {
    const auto rotation = move_to(there ? KeyPlace{.hsm = "acme", .key = std::string(kKey)} : KeyPlace{}, true);
    for (int steps = 0; row(rotation.id).state == RotationState::running && steps < 50; ++steps) {
      run_some(rotation.id, 1);
      restart();
      EXPECT_EQ(open(id_, seeds_[static_cast<std::size_t>(steps) % seeds_.size()]),
                fmt::format("Acme {}", static_cast<std::size_t>(steps) % seeds_.size()));
    }
    EXPECT_EQ(row(rotation.id).state, RotationState::done) << row(rotation.id).error;
    EXPECT_EQ(certificates(rotation.id).size(), 2U);
    EXPECT_EQ(place().hsm, there ? "acme" : "");
    expect_open(id_, "Acme", seeds_);
  }
  EXPECT_EQ(recorded("key.rotation.certified"), 2U);
  EXPECT_EQ(customer_.count("acme-kek"), 1) << "a customer's key is theirs to destroy";
}

TEST_F(CustomerHsm, S12MovesFromOneCustomersHsmToAnother) {
  const hsm::test::CustomerToken second("second");
  connections_.configure({settings("acme", customer_), settings("second", second)});
  move_to_customer();
  const auto ended = run_to_end(move_to({.hsm = "second", .key = "pkcs11:object=other-kek", .make = true}, true).id);
  EXPECT_EQ(ended.state, RotationState::done) << ended.error;
  EXPECT_EQ(second.count("other-kek"), 1);
  expect_open(id_, "Acme", seeds_);
  customer_.destroy("acme-kek");
  restart();
  expect_open(id_, "Acme", seeds_);
}

TEST_F(CustomerHsm, AnOrdinaryRotationStaysThereWithAKeyOfOurMaking) {
  move_to_customer();
  auto next = must(org_keys_->next_place(id_, org(id_).kek_version));
  EXPECT_EQ(next.hsm, "acme");
  const auto ended = run_to_end(move_to(next).id);
  EXPECT_EQ(ended.state, RotationState::done) << ended.error;
  EXPECT_EQ(customer_.count(fmt::format("kaito-{}-v3", id_.str())), 1);
  expect_open(id_, "Acme", seeds_);
}

TEST_F(CustomerHsm, S12WaitsForAKeyThatIsDisabledOnTheWay) {
  const auto rotation = move_to({.hsm = "acme", .key = std::string(kKey)});
  run_some(rotation.id, 1);
  customer_.disable("acme-kek");
  run_some(rotation.id, 3);
  EXPECT_EQ(row(rotation.id).state, RotationState::running);
  EXPECT_NE(row(rotation.id).error.find("customer-key-disabled"), std::string::npos) << row(rotation.id).error;
  customer_.enable("acme-kek");
  const auto ended = run_to_end(rotation.id);
  EXPECT_EQ(ended.state, RotationState::done) << ended.error;
  EXPECT_TRUE(ended.error.empty());
  expect_open(id_, "Acme", seeds_);
}

TEST_F(CustomerHsm, F21ADekThatDoesNotOpenDoesNotCross) {
  must(write([&](store::Writer& writer) -> Status {
    KAITO_TRY(auto row, writer.seed(id_, seeds_[3]));
    row->wrapped_dek.back() ^= 1;
    return writer.update(*row);
  }));
  const auto ended = run_to_end(move_to({.hsm = "acme", .key = std::string(kKey)}).id);
  EXPECT_EQ(ended.state, RotationState::failed);
  EXPECT_EQ(ended.refused, 1U);
  EXPECT_EQ(seed(id_, seeds_[4]).kek_version, 2U);
  EXPECT_EQ(open(id_, seeds_[4]), "Acme 4");
}

TEST_F(CustomerHsm, S12CodesStopWithinTheLeaseAndComeBack) {
  move_to_customer();
  constexpr Seconds kLease{30};
  EXPECT_EQ(open_leased(kLease), "open");
  customer_.disable("acme-kek");
  wait_for_answer("customer-key-disabled");
  clock_.advance(Seconds(29));
  EXPECT_EQ(open_leased(kLease), "open") << "the lease was given before";
  clock_.advance(Seconds(2));
  EXPECT_EQ(open_leased(kLease), "customer-key-disabled");
  customer_.enable("acme-kek");
  wait_for_answer("open");
}

TEST_F(CustomerHsm, F18ADeadOneConcernsItsOrgAlone) {
  move_to_customer();
  const auto other = add_org("Other");
  const auto theirs = add_seeds(other.id, "Other", 1);
  restart();
  const auto directory = customer_.token().softhsm().token_directory;
  std::filesystem::rename(directory, directory.string() + ".away");
  connections_.configure({});
  connections_.configure({settings("acme", customer_)});
  EXPECT_EQ(open(other.id, theirs[0]), "Other 0");
  EXPECT_EQ(code_of_opening(), "customer-hsm-unavailable");
  EXPECT_EQ(open(other.id, theirs[0]), "Other 0");
  std::filesystem::rename(directory.string() + ".away", directory);
  wait_for_answer("open");
}

TEST_F(CustomerHsm, ServesOnlyTheOrgsThatTheOperatorHasNamed) {
  move_to_customer();
  auto closed = settings("acme", customer_);
  closed.orgs = {OrgId::make(clock_, random_)};
  connections_.configure({closed});
  EXPECT_EQ(code_of_opening(), "customer-hsm-unavailable");
  connections_.configure({});
  EXPECT_EQ(code_of_opening(), "customer-hsm-unavailable");
  connections_.configure({settings("acme", customer_)});
  EXPECT_EQ(code_of_opening(), "open");
}

TEST_F(CustomerHsm, StaysAsItWasWhileItsConfigurationCannotBeRead) {
  move_to_customer();
  connections_.configure({settings("second", customer_)}, {"acme", "never-configured"});
  EXPECT_EQ(code_of_opening(), "open");
  EXPECT_EQ(connections_.find("never-configured"), nullptr);
  connections_.configure({settings("second", customer_)});
  EXPECT_EQ(code_of_opening(), "customer-hsm-unavailable");
}

TEST_F(CustomerHsm, F8ARefusedPinIsTriedAgainOnlyWhenItsFileHasChanged) {
  move_to_customer();
  connections_.configure({});
  customer_.token().write_pin("not the PIN");
  connections_.configure({settings("acme", customer_)});
  while (connections_.find("acme")->report().state != HsmConnectionState::refused) {
    EXPECT_EQ(code_of_opening(), "customer-hsm-unavailable");
    ::poll(nullptr, 0, 5);
  }
  connections_.look_after();
  EXPECT_EQ(code_of_opening(), "customer-hsm-unavailable");
  EXPECT_EQ(connections_.find("acme")->report().starts, 1U);
  customer_.token().write_pin(hsm::test::SoftHsmToken::kPin);
  connections_.look_after();
  EXPECT_EQ(code_of_opening(), "open");
}

class ConnectingHsm : public CustomerHsm {
 protected:
  Result<RotationProgress> connect(HsmToConnect wanted) {
    auto done = sync_wait(service_.connect(permit("org.key.hsm.connect", id_), std::move(wanted)));
    if (!done) return fail(done.error());
    return done->result;
  }
  Result<RotationProgress> disconnect() {
    auto done = sync_wait(service_.disconnect(permit("org.key.hsm.disconnect", id_), {}));
    if (!done) return fail(done.error());
    return done->result;
  }
  Result<RotationProgress> cancel(const RotationId& id) {
    auto done = sync_wait(rotations_.cancel(permit("org.key.rotation.cancel", id_), id));
    if (!done) return fail(done.error());
    return done->result;
  }

  RotationEngine engine_{parts(), random_, {}};  // not started: the test takes the steps
  Rotations rotations_{parts(), engine_, random_, false};
  CustomerHsms service_{connections_, *org_keys_, *store_, *journal_, rotations_};
};

TEST_F(ConnectingHsm, LooksAtTheKeyFirstAndSaysWhatIsWrong) {
  customer_.make_extractable("loose");
  EXPECT_EQ(connect({.hsm = "none", .key = {}}).error().field, "hsm");
  EXPECT_EQ(connect({.hsm = "acme", .key = "acme-kek"}).error().field, "key");
  const auto loose = connect({.hsm = "acme", .key = "pkcs11:object=loose"}).error();
  EXPECT_EQ(loose.code, Code::invalid_request);
  EXPECT_NE(loose.reason.find("CKA_EXTRACTABLE is true"), std::string::npos) << loose.reason;
  const auto missing = connect({.hsm = "acme", .key = "pkcs11:object=missing"}).error();
  EXPECT_NE(missing.reason.find("is not in the token"), std::string::npos) << missing.reason;
  EXPECT_EQ(connect({.hsm = "acme", .key = "pkcs11:object=a?module-path=/tmp/evil.so"}).error().field, "key");
  EXPECT_FALSE(must(snapshot()->open_rotation(KeyKind::org, id_)));
}

TEST_F(ConnectingHsm, ConnectsAndDisconnectsOnce) {
  const auto there = must(connect({.hsm = "acme", .key = std::string(kKey)})).rotation;
  EXPECT_EQ(connect({.hsm = "acme", .key = {}}).error().code, Code::conflict) << "one at a time";
  EXPECT_EQ(run_to_end(there.id).state, RotationState::done);
  EXPECT_EQ(connect({.hsm = "acme", .key = std::string(kKey)}).error().code, Code::conflict);
  const auto back = must(disconnect()).rotation;
  EXPECT_EQ(run_to_end(back.id).state, RotationState::done);
  EXPECT_EQ(disconnect().error().code, Code::conflict);
  expect_open(id_, "Acme", seeds_);
  EXPECT_EQ(recorded("org.key.hsm.connect"), 1U);
  EXPECT_EQ(recorded("org.key.hsm.disconnect"), 1U);
}

TEST_F(ConnectingHsm, CancelsWhatHasMovedNothingAndTheNextOneIsNotMisled) {
  const auto there = must(connect({.hsm = "acme", .key = std::string(kKey)})).rotation;
  customer_.disable("acme-kek");
  run_some(there.id, 2);
  EXPECT_EQ(must(cancel(there.id)).rotation.state, RotationState::cancelled);
  run_some(there.id, 2);
  EXPECT_EQ(row(there.id).state, RotationState::cancelled);
  customer_.enable("acme-kek");
  // A version that a cancelled rotation has made in the wrong place.
  must(sync_wait(org_keys_->create(id_, 2, {.hsm = "acme", .key = std::string(kKey)})));
  const auto ordinary = run_to_end(start(KeyKind::org, id_).id);
  EXPECT_EQ(ordinary.state, RotationState::done);
  EXPECT_FALSE(place().is_customers());
  expect_open(id_, "Acme", seeds_);
  EXPECT_EQ(cancel(ordinary.id).error().code, Code::conflict);
}

TEST_F(ConnectingHsm, F7AHungHsmHoldsUpNoOtherRotation) {
  // A worker that never gets anywhere: its module waits for ever.
  auto hung = settings("hung", customer_);
  hung.client.module = KAITO_P11FAULT;
  hung.client.environment.emplace("P11FAULT_MODULE", customer_.config().module.string());
  must(write_file_atomically(path("plan"), as_bytes("C_Login 1 hang\n")));
  hung.client.environment.emplace("P11FAULT_PLAN", path("plan").string());
  hung.client.call_deadline = Seconds(30);
  connections_.configure({hung});
  const auto stuck = move_to({.hsm = "hung", .key = std::string(kKey)});
  const auto other = add_org("Other");
  const auto theirs = add_seeds(other.id, "Other", 5);
  engine_.start();
  // Longer than it takes the engine to be waiting for the hung one.
  while (connections_.find("hung")->report().outstanding == 0) ::poll(nullptr, 0, 5);
  const auto free = start(KeyKind::org, other.id);
  engine_.wake();
  const auto began = system_clock_.steady_now();
  while (row(free.id).state == RotationState::running && system_clock_.steady_now() - began < Seconds(60))
    ::poll(nullptr, 0, 5);
  EXPECT_EQ(row(free.id).state, RotationState::done);
  EXPECT_EQ(connections_.find("hung")->report().outstanding, 1U) << "it still hangs";
  expect_open(other.id, "Other", theirs);
  connections_.stop();
  engine_.stop();
  EXPECT_EQ(row(stuck.id).state, RotationState::running);
}

}  // namespace
}  // namespace kaito::keys
