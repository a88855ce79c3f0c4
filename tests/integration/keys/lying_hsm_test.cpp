// An HSM that says "done" and hands out a wrong bit while an org's key is rotated or moved: no seed is lost by it.
#include "appliance/base/file.hpp"
#include "tests/integration/hsm/customer_token.hpp"
#include "tests/integration/keys/key_test.hpp"

namespace kaito::keys {
namespace {

using store::KeyKind;
using store::KeyPlace;
using store::RotationState;

constexpr int kManyCalls = 200;

// A plan for tests/fakes/p11fault, for one worker.
class Shim {
 public:
  explicit Shim(std::filesystem::path directory) : directory_(std::move(directory)) { plan(""); }

  // Counted from now on. An empty one lets everything pass.
  void plan(std::string_view text) const {
    std::filesystem::remove(report());
    must(write_file_atomically(directory_ / "plan", as_bytes(text)));
  }
  [[nodiscard]] bool struck() const { return std::filesystem::exists(report()); }
  [[nodiscard]] hsm::ClientConfig behind(hsm::ClientConfig config) const {
    config.environment["P11FAULT_MODULE"] = config.module.string();
    config.environment["P11FAULT_PLAN"] = (directory_ / "plan").string();
    config.environment["P11FAULT_REPORT"] = report().string();
    config.module = KAITO_P11FAULT;
    return config;
  }

 private:
  [[nodiscard]] std::filesystem::path report() const { return directory_ / "report"; }
  std::filesystem::path directory_;
};

class LyingHsm : public KeyTest {
 protected:
  LyingHsm() : id_(add_org("Acme").id), seeds_(add_seeds(id_, "Acme", 4)) {
    hsm_config_ = shim_.behind(hsm_config_);
    restart();
  }

  store::Rotation move_to(const KeyPlace& place) {
    store::Rotation started;
    must(write([&](store::Writer& writer) -> Status {
      KAITO_TRY(started, start_rotation(writer, {.kind = KeyKind::org, .org = id_, .destroy_old = true, .place = place},
                                        RotationId::make(clock_, random_), clock_.now()));
      return {};
    }));
    return started;
  }
  // Rotates with a wrong bit in the first answer to C_Decrypt, in the second, and so on until a rotation asks no more.
  // Old versions are destroyed each time; `afterwards` is between two of them. Gives how many rotations were lied to.
  int rotate_with_one_lie_each(
      const Shim& shim, const std::function<store::Rotation()>& begin,
      const std::function<void()>& afterwards = [] {}) {
    int lies = 0;
    for (; lies < kManyCalls; ++lies) {
      shim.plan(fmt::format("C_Decrypt {} garbage\n", lies + 1));
      const auto ended = run_to_end(begin().id);
      const bool struck = shim.struck();
      shim.plan("");
      EXPECT_EQ(ended.state, RotationState::done) << "lie " << lies + 1 << ": " << ended.error;
      expect_open(id_, "Acme", seeds_);
      afterwards();
      if (!struck) break;
    }
    return lies;
  }

  const Shim shim_{token_.directory()};
  const OrgId id_;
  const std::vector<SeedId> seeds_;
};

TEST_F(LyingHsm, S3AWrongAnswerAtAnyOpeningOfARotationCostsNoSeed) {
  const auto print = seed(id_, seeds_[0]).fingerprint;
  // The index key twice and its new wrap; each seed's DEK and its new wrap.
  EXPECT_GE(rotate_with_one_lie_each(shim_, [this] { return start(KeyKind::org, id_, true); }), 11);
  std::vector<vault::NewSeed> same;
  same.push_back({.issuer = "Acme", .account = "0", .secret = Seed::copy_of(std::string_view("Acme 0"))});
  EXPECT_EQ(must(sync_wait(sealer_->fingerprints(org(id_), same))).front(), print) << "the index key is another one";
}

TEST_F(LyingHsm, S3ALieThatIsToldTwiceLeavesTheRowAsItWasForAnotherPass) {
  const auto rotation = start(KeyKind::org, id_, true);
  run_some(rotation.id, 1);  // the index key and both org KEKs
  shim_.plan("C_Decrypt 1 garbage times 2\n");
  const auto ended = run_to_end(rotation.id);
  EXPECT_TRUE(shim_.struck());
  EXPECT_EQ(log_.count("keys.rotation.seed_refused"), 1U);
  EXPECT_EQ(ended.state, RotationState::done) << ended.error;
  EXPECT_EQ(ended.done, seeds_.size());
  expect_open(id_, "Acme", seeds_);
}

TEST_F(LyingHsm, S3OneThatLiesEveryTimeMovesNothing) {
  const auto rotation = start(KeyKind::org, id_, true);
  run_some(rotation.id, 1);
  shim_.plan("C_Decrypt 1 garbage times 1000000\n");
  run_some(rotation.id, 2);
  EXPECT_EQ(row(rotation.id).state, RotationState::running);
  EXPECT_FALSE(row(rotation.id).error.empty());
  for (const auto& id : seeds_) EXPECT_EQ(seed(id_, id).kek_version, 1U);
  EXPECT_EQ(must(keyring_->entries_of(id_)).size(), 2U);
  shim_.plan("");
  restart();
  EXPECT_EQ(run_to_end(rotation.id).state, RotationState::done);
  expect_open(id_, "Acme", seeds_);
}

TEST_F(LyingHsm, F21ASeedThatItsDekDoesNotOpenKeepsItsWrapAndTheOldKey) {
  for (const std::size_t more : {0U, 1000U}) {
    const auto whole = seed(id_, seeds_[2]);
    auto altered = whole;
    altered.ciphertext.resize(whole.ciphertext.size() + more);
    altered.ciphertext.front() ^= 1;
    must(write([&](store::Writer& writer) { return writer.update(altered); }));
    const auto rotation = start(KeyKind::org, id_, true);
    const auto ended = run_to_end(rotation.id);
    EXPECT_EQ(ended.state, RotationState::failed);
    EXPECT_EQ(ended.refused, 1U);
    EXPECT_TRUE(certificates(rotation.id).empty());
    EXPECT_EQ(seed(id_, seeds_[2]), altered);
    EXPECT_TRUE(must(keyring_->find(id_, whole.kek_version))) << "the key that the row needs";

    must(write([&](store::Writer& writer) { return writer.update(whole); }));
    RotationEngine engine(parts(), random_, {});
    Rotations service(parts(), engine, random_, false);
    must(sync_wait(service.resume(permit("org.key.rotation.update", id_), rotation.id)));
    EXPECT_EQ(run_to_end(rotation.id).state, RotationState::done);
    expect_open(id_, "Acme", seeds_);
  }
}

TEST_F(LyingHsm, AWrongAnswerCostsOneCodeAndIsNotKeptForItsLease) {
  const auto row = seed(id_, seeds_[1]);
  const auto read = [&] {
    const auto opened = sync_wait(opener_->open(row, Seconds(30)));
    return opened ? std::string(as_text(opened->secret.expose_secret()))
                  : std::string(traits(opened.error().code).slug);
  };
  EXPECT_EQ(open(id_, seeds_[0]), "Acme 0");  // the org KEK is loaded
  shim_.plan("C_Decrypt 1 garbage\n");
  EXPECT_EQ(read(), traits(Code::integrity).slug);
  EXPECT_TRUE(shim_.struck());
  EXPECT_EQ(read(), "Acme 1");
  EXPECT_EQ(leases_.statistics().kept, 1U);
}

class LyingCustomersHsm : public LyingHsm {
 protected:
  LyingCustomersHsm() {
    customer_.make("acme-kek");
    connections_.configure({{.name = "acme",
                             .client = theirs_.behind(customer_.config()),
                             .pin_file = customer_.token().pin_file(),
                             .orgs = {id_}}});
  }
  [[nodiscard]] bool is_there() { return must(org_keys_->place_of(id_, org(id_).kek_version)).value().is_customers(); }

  const hsm::test::CustomerToken customer_;
  const Shim theirs_{customer_.token().directory()};
};

TEST_F(LyingCustomersHsm, S12AWrongAnswerAtAnyOpeningOfAMoveCostsNoSeed) {
  const auto begin = [this] {  // there and back in turn
    return move_to(is_there() ? KeyPlace{} : KeyPlace{.hsm = "acme", .key = "pkcs11:object=acme-kek"});
  };
  const auto without_a_lie = [&] { ASSERT_EQ(run_to_end(begin().id).state, RotationState::done); };
  for (const auto* shim : {&theirs_, &shim_}) {
    without_a_lie();
    EXPECT_TRUE(is_there());
    EXPECT_GE(rotate_with_one_lie_each(*shim, begin, without_a_lie), 5) << "on the way back";
    without_a_lie();
    EXPECT_FALSE(is_there());
    EXPECT_GE(rotate_with_one_lie_each(*shim, begin, without_a_lie), 5) << "on the way there";
  }
}

TEST_F(LyingCustomersHsm, S12AWrongAnswerWhileAKeyIsRotatedThereCostsNoSeed) {
  ASSERT_EQ(run_to_end(move_to({.hsm = "acme", .key = "pkcs11:object=acme-kek"}).id).state, RotationState::done);
  const auto begin = [this] { return move_to(must(org_keys_->next_place(id_, org(id_).kek_version))); };
  EXPECT_GE(rotate_with_one_lie_each(theirs_, begin), 11);
}

}  // namespace
}  // namespace kaito::keys
