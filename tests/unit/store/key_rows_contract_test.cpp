// Rotations, certificates, deleted orgs, HSM keys and the DEKs of seeds.
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store {
namespace {

using samples::kNow;
using samples::nth;

Rotation rotation(std::uint32_t n, KeyKind kind = KeyKind::platform, std::optional<OrgId> org = {}) {
  return {
      .id = nth<RotationId>(n), .kind = kind, .org = org, .from = 1, .to = 2, .started_at = kNow, .updated_at = kNow};
}

KeyCertificate certificate(std::uint32_t n) {
  return {.rotation = nth<RotationId>(n), .statement = "statement\n", .issued_at = kNow};
}

TEST_P(StoreContract, EveryFieldOfARotationIsKept) {
  Rotation row{.id = nth<RotationId>(1),
               .kind = KeyKind::org,
               .org = nth<OrgId>(7),
               .from = 3,
               .to = 4,
               .state = RotationState::paused,
               .phase = RotationPhase::rewrap,
               .destroy_old = true,
               .done = 5,
               .total = 6,
               .refused = 7,
               .started_at = kNow,
               .updated_at = kNow + Seconds(1),
               .ended_at = kNow + Seconds(2),
               .place = {.hsm = "acme", .key = "pkcs11:object=k", .make = true},
               .error = "waits"};
  insert(row);
  EXPECT_EQ(snapshot()->rotation(row.id).value(), row);
  row.state = RotationState::done;
  row.phase = RotationPhase::complete;
  row.destroy_old = false;
  row.done = row.total = 9;
  row.refused = 0;
  row.ended_at.reset();
  row.error.clear();
  EXPECT_DONE(write([&](Writer& writer) { return writer.update(row); }));
  EXPECT_EQ(snapshot()->rotation(row.id).value(), row);
  EXPECT_EQ(snapshot()->latest_rotation(KeyKind::org, row.org).value(), row);
}

TEST_P(StoreContract, OneRotationOfAKeyIsOpen) {
  insert(rotation(1), rotation(2, KeyKind::audit), rotation(3, KeyKind::org, nth<OrgId>(1)),
         rotation(4, KeyKind::org, nth<OrgId>(2)));
  EXPECT_CODE(write([](Writer& writer) { return writer.insert(rotation(5)); }), Code::conflict);
  EXPECT_CODE(write([](Writer& writer) { return writer.insert(rotation(5, KeyKind::org, nth<OrgId>(2))); }),
              Code::conflict);
  EXPECT_EQ(snapshot()->open_rotations().value().size(), 4U);
  auto over = rotation(1);
  over.state = RotationState::done;
  EXPECT_DONE(write([&](Writer& writer) { return writer.update(over); }));
  EXPECT_DONE(write([](Writer& writer) { return writer.insert(rotation(5)); }));
  EXPECT_EQ(snapshot()->open_rotation(KeyKind::platform, std::nullopt).value()->id, nth<RotationId>(5));
  EXPECT_FALSE(snapshot()->open_rotation(KeyKind::backup, std::nullopt).value());
}

TEST_P(StoreContract, RotationsOfAnOrgAreListedApart) {
  auto mine = rotation(1, KeyKind::org, nth<OrgId>(1));
  mine.state = RotationState::done;
  auto later = mine;
  later.id = nth<RotationId>(3);
  insert(mine, rotation(2), later);
  const auto first = snapshot()->rotations(nth<OrgId>(1), {.limit = 1}).value();
  ASSERT_EQ(first.rows, std::vector{mine});
  ASSERT_TRUE(first.next);
  EXPECT_EQ(snapshot()->rotations(nth<OrgId>(1), {.limit = 1, .cursor = first.next}).value().rows, std::vector{later});
  EXPECT_EQ(snapshot()->rotations(std::nullopt, {}).value().rows.size(), 3U);
  EXPECT_REFUSED(snapshot()->rotations(nth<OrgId>(2), {.limit = 1, .cursor = first.next}), Code::invalid_request,
                 "cursor");
}

TEST_P(StoreContract, ACertificateIsSignedOnceAndNeverChanges) {
  insert(rotation(1), certificate(1));
  EXPECT_CODE(write([](Writer& writer) { return writer.insert(certificate(1)); }), Code::conflict);
  EXPECT_DONE(
      write([](Writer& writer) { return writer.sign(nth<RotationId>(1), CertificateKind::no_reference, "signed"); }));
  EXPECT_CODE(
      write([](Writer& writer) { return writer.sign(nth<RotationId>(1), CertificateKind::no_reference, "again"); }),
      Code::not_found);
  auto expected = certificate(1);
  expected.note = "signed";
  EXPECT_EQ(snapshot()->certificates_of(nth<RotationId>(1)).value(), std::vector{expected});
}

TEST_P(StoreContract, DeletionsAreClaimedByOneRotationAndMarkedWhenShredded) {
  const auto remove = [this](std::uint32_t n, TimePoint when) {
    EXPECT_DONE(write([&](Writer& writer) { return writer.remove_org({.org = nth<OrgId>(n), .deleted_at = when}); }));
  };
  insert(rotation(1), samples::org(1), samples::org(2), samples::org(3));
  remove(1, kNow + Seconds(5));
  remove(2, kNow);
  EXPECT_EQ(snapshot()->oldest_unclaimed_deletion().value(), kNow);
  EXPECT_DONE(write([](Writer& writer) { return writer.claim_deleted_orgs(nth<RotationId>(1)); }));
  EXPECT_FALSE(snapshot()->oldest_unclaimed_deletion().value());
  remove(3, kNow + Seconds(9));
  EXPECT_DONE(write([](Writer& writer) { return writer.mark_shredded(nth<RotationId>(1), kNow + Seconds(7)); }));
  const auto shredded = snapshot()->orgs_shredded_by(nth<RotationId>(1)).value();
  ASSERT_EQ(shredded.size(), 2U);
  EXPECT_EQ(shredded[0].shredded_at, kNow + Seconds(7));
  EXPECT_EQ(snapshot()->oldest_unclaimed_deletion().value(), kNow + Seconds(9));
  const auto page = snapshot()->deleted_orgs({.limit = 2}).value();
  EXPECT_EQ(page.rows.size(), 2U);
  EXPECT_EQ(snapshot()->deleted_orgs({.limit = 2, .cursor = page.next}).value().rows.size(), 1U);
}

TEST_P(StoreContract, KeysOfTheHsmComeByKindAndVersionWrappingKeysLast) {
  EXPECT_DONE(write([](Writer& writer) -> Status {
    for (const KeyVersion version : {2U, 1U})
      KAITO_CHECK(writer.put(HsmKey{.kind = KeyKind::wrapping, .version = version, .created_at = kNow}));
    return writer.put(HsmKey{.kind = KeyKind::backup, .version = 1, .created_at = kNow});
  }));
  const auto keys = snapshot()->hsm_keys().value();
  ASSERT_EQ(keys.size(), 3U);
  EXPECT_EQ(keys[0].kind, KeyKind::backup);
  EXPECT_EQ(keys[2].kind, KeyKind::wrapping);
  EXPECT_EQ(keys[2].version, 2U);
}

TEST_P(StoreContract, AnHsmKeyKeepsTheTimesThatWereSetFirst) {
  const auto put = [this](TimePoint created, std::optional<TimePoint> destroyed) {
    return write([=](Writer& writer) {
      return writer.put(HsmKey{.kind = KeyKind::audit, .version = 1, .created_at = created, .destroyed_at = destroyed});
    });
  };
  EXPECT_DONE(put(kNow, {}));
  EXPECT_DONE(put(kNow + Seconds(1), kNow + Seconds(2)));
  EXPECT_DONE(put(kNow + Seconds(3), kNow + Seconds(4)));
  const auto keys = snapshot()->hsm_keys().value();
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].created_at, kNow);
  EXPECT_EQ(keys[0].destroyed_at, kNow + Seconds(2));
}

TEST_P(StoreContract, DeksUnderOlderVersionsAreFoundInOrderAndReplacedOnlyAsTheyWereRead) {
  insert(samples::org(1), samples::org(2));
  for (std::uint32_t n = 1; n <= 5; ++n) {
    auto seed = samples::seed(1, n);
    seed.kek_version = n == 5 ? 2 : 1;
    insert(seed);
  }
  auto foreign = samples::seed(2, 9);
  insert(foreign);
  const auto org = nth<OrgId>(1);
  EXPECT_EQ(snapshot()->seed_count_below(org, 2).value(), 4U);
  const auto first = snapshot()->seed_deks(org, 2, {}, 3).value();
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[2].seed, nth<SeedId>(3));
  EXPECT_EQ(first[2].iv, samples::seed(1, 3).iv);
  EXPECT_EQ(first[2].ciphertext, samples::seed(1, 3).ciphertext);
  EXPECT_EQ(first[2].tag, samples::seed(1, 3).tag);
  const auto rest = snapshot()->seed_deks(org, 3, {first[2].kek_version, first[2].seed}, 10).value();
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[1].seed, nth<SeedId>(5));

  auto after = first[0];
  after.kek_version = 2;
  after.wrapped_dek = Bytes(70, 3);
  bool changed = false;
  const auto rewrap = [&](const OrgId& id) {
    EXPECT_DONE(write([&](Writer& writer) -> Status {
      KAITO_TRY(changed, writer.rewrap(id, first[0], after));
      return {};
    }));
    return changed;
  };
  EXPECT_FALSE(rewrap(nth<OrgId>(2))) << "another org's";
  EXPECT_TRUE(rewrap(org));
  EXPECT_FALSE(rewrap(org)) << "no longer as it was read";
  auto expected = samples::seed(1, 1);
  expected.kek_version = 2;
  expected.wrapped_dek = after.wrapped_dek;
  EXPECT_EQ(snapshot()->seed(org, expected.id).value(), expected);
  EXPECT_TRUE(snapshot()->any_seed_below(org, 2).value());
  EXPECT_FALSE(snapshot()->any_seed_below(org, 1).value());
}

}  // namespace
}  // namespace kaito::store
