#include "appliance/keys/key_import.hpp"

#include "appliance/envelope/binding.hpp"
#include "tests/integration/hsm/conformance/customer_key.hpp"
#include "tests/integration/keys/key_test.hpp"

namespace kaito::keys {
namespace {

using hsm::ImportMechanism;
using hsm::test::CustomerKey;
using store::KeyKind;
using store::RotationState;

class KeyImportTest : public KeyTest {
 protected:
  KeyImportTest() : id_(add_org("Acme").id), seeds_(add_seeds(id_, "Acme", 20)) {
    must(hsm::test::wait_for(hsm_->create_wrapping_key(1)));
    wrapping_ = must(hsm::test::wait_for(hsm_->wrapping_key(1)));
  }

  KeyImportRequest request(const CustomerKey& key, ImportMechanism mechanism = ImportMechanism::rsa_oaep) const {
    return {.key = {.wrapping_version = 1, .mechanism = mechanism, .wrapped = key.wrapped_for(wrapping_, mechanism)},
            .check_value = key.check_value(),
            .destroy_old = {}};
  }
  Result<store::Rotation> import(KeyImportRequest request) {
    RotationEngine idle(parts(), random_, {});
    KeyImport service(parts(), idle, random_, false);
    auto imported = sync_wait(service.import(permit("org.key.import", id_), std::move(request)));
    if (!imported) return fail(imported.error());
    return imported->result->rotation;
  }
  std::string field_refused(KeyImportRequest wanted) {
    const auto imported = import(std::move(wanted));
    return imported ? "accepted" : imported.error().field;
  }
  // As it was before any import.
  void expect_nothing_kept() {
    EXPECT_EQ(must(keyring_->entries_of(id_)).size(), 1U);
    EXPECT_EQ(org(id_).kek_version, 1U);
    EXPECT_FALSE(must(snapshot()->open_rotation(KeyKind::org, id_)));
    expect_open(id_, "Acme", seeds_);
  }

  const OrgId id_;
  const std::vector<SeedId> seeds_;
  hsm::WrappingKey wrapping_;
};

TEST_F(KeyImportTest, S12AnOrgGoesOverToItsOwnersKeyByAnOrdinaryRotation) {
  const auto ciphertext = seed(id_, seeds_[3]).ciphertext;
  for (const auto mechanism : {ImportMechanism::rsa_oaep, ImportMechanism::rsa_aes_key_wrap}) {
    const CustomerKey customers;
    const auto started = must(import(request(customers, mechanism)));
    const auto ended = run_to_end(started.id);
    EXPECT_EQ(ended.state, RotationState::done) << ended.error;
    const auto entry = must(keyring_->find(id_, started.to)).value();
    const auto stated = customers.check_value();
    EXPECT_TRUE(std::ranges::equal(entry.check_value, stated));
    EXPECT_EQ(certificates(started.id).size(), 1U);
  }
  EXPECT_EQ(org(id_).kek_version, 3U);
  restart();
  expect_open(id_, "Acme", seeds_);
  EXPECT_EQ(seed(id_, seeds_[3]).ciphertext, ciphertext);
  EXPECT_EQ(recorded("org.key.import"), 2U);
}

TEST_F(KeyImportTest, AnImportedKeyStaysTheOwnersThroughARotationOfThePlatformKey) {
  const CustomerKey customers;
  run_to_end(must(import(request(customers))).id);
  EXPECT_EQ(run_to_end(start(KeyKind::platform, {}, true).id).state, RotationState::done);
  const auto entry = must(keyring_->find(id_, 2)).value();
  EXPECT_EQ(entry.platform_version, 2U);
  const auto stated = customers.check_value();
  EXPECT_TRUE(std::ranges::equal(entry.check_value, stated));
  expect_open(id_, "Acme", seeds_);
}

TEST_F(KeyImportTest, WhatIsWrongIsNamedAndNothingIsKeptOfIt) {
  const CustomerKey customers;
  auto wrong = request(customers);
  wrong.check_value[1] ^= 1;
  EXPECT_EQ(field_refused(wrong), "check_value");
  wrong = request(customers);
  wrong.key.wrapped.resize(100);
  EXPECT_EQ(field_refused(wrong), "wrapped_key") << "cut off";
  wrong = request(customers);
  wrong.key.wrapped[50] ^= 1;
  EXPECT_EQ(field_refused(wrong), "wrapped_key") << "changed";
  wrong = request(customers);
  wrong.key.mechanism = ImportMechanism::rsa_aes_key_wrap;
  EXPECT_EQ(field_refused(wrong), "wrapped_key") << "another mechanism";
  wrong = request(customers, ImportMechanism::rsa_aes_key_wrap);
  wrong.key.mechanism = ImportMechanism::rsa_oaep;
  EXPECT_EQ(field_refused(wrong), "wrapped_key") << "another mechanism";
  EXPECT_EQ(field_refused(request(CustomerKey(16))), "wrapped_key") << "AES-128";
  wrong = request(customers);
  wrong.key.wrapping_version = 7;
  EXPECT_EQ(field_refused(wrong), "wrapping_version");
  expect_nothing_kept();
}

TEST_F(KeyImportTest, AKeyWrappedForAnotherAppliancesPairDoesNotUnwrap) {
  must(hsm::test::wait_for(hsm_->create_wrapping_key(2)));
  const auto other = must(hsm::test::wait_for(hsm_->wrapping_key(2)));
  const CustomerKey customers;
  auto wrong = request(customers);
  wrong.key.wrapped = customers.wrapped_for(other, ImportMechanism::rsa_oaep);
  EXPECT_EQ(field_refused(wrong), "wrapped_key");
  expect_nothing_kept();
}

TEST_F(KeyImportTest, NoKeyIsImportedWhileTheKeyIsBeingRotatedNorTwice) {
  const CustomerKey customers;
  const auto rotation = start(KeyKind::org, id_);
  const auto refused = import(request(customers));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_EQ(refused.error().field, "key");
  EXPECT_NE(refused.error().reason.find(rotation.id.str()), std::string::npos);
  run_to_end(rotation.id);
  run_to_end(must(import(request(customers))).id);
  const auto again = import(request(customers, ImportMechanism::rsa_aes_key_wrap));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::conflict);
  EXPECT_EQ(again.error().field, "check_value");
  EXPECT_EQ(org(id_).kek_version, 3U);
  expect_open(id_, "Acme", seeds_);
}

// The keyring has the key, the database was stopped before it knew: the same import goes on, another is refused.
TEST_F(KeyImportTest, AnImportThatWasCutShortIsTakenUpAgain) {
  const CustomerKey customers;
  const auto cut = request(customers);
  auto made = must(hsm::test::wait_for(hsm_->import_org_kek(1, envelope::org_kek_aad(id_, 2), cut.key)));
  must(keyring_->insert({.org = id_,
                         .version = 2,
                         .platform_version = 1,
                         .blob = std::move(made.kek.blob),
                         .created_at = clock_.now(),
                         .invocations = 1,
                         .check_value = Bytes(cut.check_value.begin(), cut.check_value.end())}));
  EXPECT_EQ(field_refused(request(CustomerKey())), "key");
  EXPECT_FALSE(must(snapshot()->open_rotation(KeyKind::org, id_)));
  EXPECT_EQ(run_to_end(must(import(request(customers))).id).state, RotationState::done);
  expect_open(id_, "Acme", seeds_);
}

TEST_F(KeyImportTest, F5WithoutTheHsmNothingIsImported) {
  const auto wanted = request(CustomerKey());
  hsm_->stop();
  const auto refused = import(wanted);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::hsm_unavailable);
  restart();
  expect_nothing_kept();
}

}  // namespace
}  // namespace kaito::keys
