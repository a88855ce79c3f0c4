// An org whose key is an RSA pair in its own HSM, whose public half may be known to anybody.
#include "appliance/envelope/sealed_seed.hpp"
#include "tests/integration/hsm/conformance/customer_key.hpp"
#include "tests/integration/keys/customer_hsm_test.hpp"

namespace kaito::keys {
namespace {

constexpr std::string_view kPair = "pkcs11:object=acme-pair;type=private";

class CustomerPair : public CustomerHsm {
 protected:
  CustomerPair() { customer_.make_pair("acme-pair"); }
  // A DEK that somebody who has read the public half chose and wrapped, as the row would have it, and what they sealed
  // under it. They know no secret of the appliance's, so the MAC is another row's.
  void forge(const SeedId& id, const SeedId& other) {
    const hsm::test::CustomerKey theirs;
    const hsm::WrappingKey public_half{.modulus = customer_.modulus("acme-pair"), .public_exponent = {1, 0, 1}};
    Bytes wrapped{4};
    append(wrapped, theirs.wrapped_for(public_half, hsm::ImportMechanism::rsa_oaep));
    const store::Seed from = seed(id_, other);
    ASSERT_EQ(wrapped.size() + 32, from.wrapped_dek.size());
    append(wrapped, ByteView(from.wrapped_dek).subspan(wrapped.size()));
    must(write([&](store::Writer& writer) -> Status {
      KAITO_TRY(auto row, writer.seed(id_, id));
      const Dek dek = Dek::copy_of(theirs.bytes());
      KAITO_CHECK(envelope::seal_seed(dek, Seed::copy_of("their own secret"), random_, *row));
      row->row_mac = envelope::row_mac(dek, *row);
      row->wrapped_dek = wrapped;
      return writer.update(*row);
    }));
  }
};

TEST_F(CustomerPair, S12GoesThereAndBackStepByStepAndLeavesSeedsAsTheyAre) {
  std::vector<store::Seed> before;
  for (const auto& id : seeds_) before.push_back(seed(id_, id));
  for (const bool there : {true, false}) {
    const auto rotation =
        move_to(there ? store::KeyPlace{.hsm = "acme", .key = std::string(kPair)} : store::KeyPlace{}, true);
    for (int steps = 0; row(rotation.id).state == store::RotationState::running && steps < 50; ++steps) {
      run_some(rotation.id, 1);
      restart();
      const std::size_t n = static_cast<std::size_t>(steps) % seeds_.size();
      EXPECT_EQ(open(id_, seeds_[n]), fmt::format("Acme {}", n));
    }
    EXPECT_EQ(row(rotation.id).state, store::RotationState::done) << row(rotation.id).error;
    const auto issued = certificates(rotation.id);
    ASSERT_EQ(issued.size(), 2U);
    if (there)
      EXPECT_EQ(opened(issued[0]).find("held-by"), "the customer's HSM acme, pkcs11:object=acme-pair;type=private");
    for (std::size_t n = 0; n < seeds_.size(); ++n) {
      EXPECT_EQ(seed(id_, seeds_[n]).ciphertext, before[n].ciphertext);
      EXPECT_EQ(seed(id_, seeds_[n]).wrapped_dek.front() == 4, there);
    }
    expect_open(id_, "Acme", seeds_);
  }
  EXPECT_EQ(customer_.count("acme-pair"), 1) << "a customer's key is theirs to destroy";
}

TEST_F(CustomerPair, F21F22ASeedThatSomebodySealedUnderADekOfTheirOwnGivesNoCode) {
  move_to_customer(kPair);
  forge(seeds_[3], seeds_[3]);
  forge(seeds_[4], seeds_[5]);
  EXPECT_TRUE(open(id_, seeds_[3]).starts_with("integrity: what an RSA pair wraps"));
  EXPECT_TRUE(open(id_, seeds_[4]).starts_with("integrity: what an RSA pair wraps"));
  EXPECT_EQ(open(id_, seeds_[5]), "Acme 5");
}

TEST_F(CustomerPair, F22AnEditedPeriodGivesNoCode) {
  move_to_customer(kPair);
  must(write([&](store::Writer& writer) -> Status {
    KAITO_TRY(auto row, writer.seed(id_, seeds_[6]));
    row->parameters.period = 60;
    return writer.update(*row);
  }));
  EXPECT_TRUE(open(id_, seeds_[6]).starts_with("integrity: what an RSA pair wraps"));
}

TEST_F(CustomerPair, S12CodesStopWithinTheLeaseAndComeBack) {
  move_to_customer(kPair);
  constexpr Seconds kLease{30};
  EXPECT_EQ(open_leased(kLease), "open");
  customer_.disable("acme-pair");
  wait_for_answer("customer-key-disabled");
  clock_.advance(Seconds(29));
  EXPECT_EQ(open_leased(kLease), "open") << "the lease was given before";
  clock_.advance(Seconds(2));
  EXPECT_EQ(open_leased(kLease), "customer-key-disabled");
  customer_.enable("acme-pair");
  wait_for_answer("open");
}

}  // namespace
}  // namespace kaito::keys
