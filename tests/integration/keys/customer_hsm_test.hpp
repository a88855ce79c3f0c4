// An org with seeds, and an HSM of its own with a key in it.
#pragma once

#include <poll.h>

#include "tests/integration/hsm/customer_token.hpp"
#include "tests/integration/keys/key_test.hpp"

namespace kaito::keys {

constexpr std::string_view kKey = "pkcs11:object=acme-kek";

class CustomerHsm : public KeyTest {
 protected:
  CustomerHsm() : id_(add_org("Acme").id), seeds_(add_seeds(id_, "Acme", 70)) {
    customer_.make("acme-kek");
    connections_.configure({settings("acme", customer_)});
  }

  [[nodiscard]] HsmConnectionSettings settings(std::string name, const hsm::test::CustomerToken& token) const {
    return {.name = std::move(name), .client = token.config(), .pin_file = token.token().pin_file(), .orgs = {id_}};
  }
  store::Rotation move_to(store::KeyPlace place, bool destroy_old = false) {
    store::Rotation started;
    must(write([&](store::Writer& writer) -> Status {
      KAITO_TRY(started, start_rotation(writer,
                                        {.kind = store::KeyKind::org,
                                         .org = id_,
                                         .destroy_old = destroy_old,
                                         .place = std::move(place),
                                         .from = 0},
                                        RotationId::make(clock_, random_), clock_.now()));
      return {};
    }));
    return started;
  }
  void move_to_customer(std::string_view key = kKey) {
    const auto ended = run_to_end(move_to({.hsm = "acme", .key = std::string(key)}).id);
    ASSERT_EQ(ended.state, store::RotationState::done) << ended.error;
  }
  store::KeyPlace place() { return must(org_keys_->place_of(id_, org(id_).kek_version)).value(); }
  std::string open_leased(Seconds lease) {
    const auto row = seed(id_, seeds_[0]);
    const auto opened = sync_wait(opener_->open(row, lease));
    return opened ? "open" : std::string(traits(opened.error().code).slug);
  }
  std::string code_of_opening() { return open_leased(Seconds(0)); }
  // Asks until the answer is `wanted`, at most a minute long.
  void wait_for_answer(std::string_view wanted) {
    const auto began = system_clock_.steady_now();
    while (code_of_opening() != wanted && system_clock_.steady_now() - began < Seconds(60)) ::poll(nullptr, 0, 5);
    EXPECT_EQ(code_of_opening(), wanted);
  }

  hsm::test::CustomerToken customer_;
  const OrgId id_;
  const std::vector<SeedId> seeds_;
};

}  // namespace kaito::keys
