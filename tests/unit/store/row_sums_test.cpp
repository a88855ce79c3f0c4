// F23, the store's half: the sums of the guarded tables follow every change, whatever is undone on the way, and tell of
// every row that was put back, added or taken away behind the store's back.
#include "appliance/store/row_sums.hpp"

#include "appliance/store/sqlite/database.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store {
namespace {

using samples::filled;
using samples::kNow;
using samples::nth;

TEST(RowSum, TakingAwayWhatWasAddedLeavesNothingWhateverTheOrder) {
  SumBytes one{};
  one.fill(0xff);
  const SumBytes other = filled<32>(7);
  SumBytes sum{};
  add(sum, one);
  add(sum, other);
  SumBytes turned{};
  add(turned, other);
  add(turned, one);
  EXPECT_EQ(sum, turned);
  subtract(sum, one);
  EXPECT_EQ(sum, other);
  subtract(sum, other);
  EXPECT_EQ(sum, SumBytes{});
}

TEST(RowSum, CarriesAndBorrowsThroughAllBytes) {
  SumBytes most{};
  most.fill(0xff);
  SumBytes one{};
  one.back() = 1;
  SumBytes sum = most;
  add(sum, one);
  EXPECT_EQ(sum, SumBytes{});
  subtract(sum, one);
  EXPECT_EQ(sum, most);
  EXPECT_NE(sum, one) << "adding twice is no exclusive or";
}

class RowSumsTest : public testing::Test {
 protected:
  RowSumsTest() {
    open();
    change([](Writer& writer) { return writer.begin_row_sums(); });
    change(fill);
  }

  void open() {
    store_.reset();
    auto seal = std::make_shared<RowSeal>();
    Bytes key(kRowKeyBytes, 0x17);
    seal->set_key(RowKey::copy_of(ByteView(key)));
    auto opened = sqlite::open_store(path_, {.seal = std::move(seal)}, log_.logger());
    ASSERT_TRUE(opened) << opened.error().describe();
    store_ = *std::move(opened);
  }
  void change(Job job) { EXPECT_DONE(samples::write(*store_, std::move(job))); }
  // Behind the store's back, while it is closed.
  void edit(const char* sql) {
    store_.reset();
    {
      auto database = sqlite::Database::open(path_, sqlite::Access::read_write, {});
      ASSERT_TRUE(database);
      EXPECT_DONE(database->execute(sql));
    }
    open();
  }
  // The tables whose rows are not those that the sums tell of.
  std::vector<std::string> altered() {
    std::vector<std::string> names;
    const auto reader = store_->snapshot().value();
    const auto kept = reader->row_sums().value();
    EXPECT_TRUE(kept.has_value());
    if (!kept) return names;
    for (std::size_t i = 0; i < kGuardedTableCount; ++i) {
      const auto table = guarded_table(i);
      if (reader->compute_row_sum(table, {}).value() != kept->sums.at(i)) names.emplace_back(to_string(table));
    }
    return names;
  }
  std::uint64_t rows(GuardedTable table) {
    return store_->snapshot().value()->row_sums().value()->sums.at(index_of(table)).rows;
  }
  RowSums kept() { return store_->snapshot().value()->row_sums().value()->sums; }

  // At least one row of each guarded table.
  static Status fill(Writer& writer) {
    for (const std::uint32_t org : {1U, 2U}) {
      KAITO_CHECK(writer.insert(samples::org(org)));
      KAITO_CHECK(writer.insert(samples::member(org, org)));
      KAITO_CHECK(writer.insert(samples::group(org, org)));
      KAITO_CHECK(writer.insert(samples::seed(org, org)));
      KAITO_CHECK(writer.insert(samples::api_key(org, org)));
      KAITO_CHECK(writer.add_to_group(nth<GroupId>(org), nth<MemberId>(org)));
      KAITO_CHECK(writer.add_to_group(nth<GroupId>(org), nth<SeedId>(org)));
    }
    KAITO_CHECK(writer.insert(Staff{
        .id = nth<StaffId>(1), .name = "grace", .role = StaffRole::auditor, .disabled = false, .created_at = kNow}));
    KAITO_CHECK(writer.insert(StaffCredential{.credential_id = Bytes(16, 1),
                                              .staff = nth<StaffId>(1),
                                              .label = "key",
                                              .cose_key = Bytes(70, 2),
                                              .sign_count = 1,
                                              .backup_eligible = false,
                                              .aaguid = {},
                                              .created_at = kNow}));
    KAITO_CHECK(writer.insert(samples::session(1)));
    return writer.insert(OneTimeToken{.token_hash = filled<32>(1),
                                      .purpose = OneTimePurpose::member_invitation,
                                      .subject = nth<MemberId>(1).bytes(),
                                      .org = nth<OrgId>(1),
                                      .expires_at = kNow});
  }

  samples::TemporaryDirectory directory_{samples::memory_volume()};
  std::filesystem::path path_ = directory_.path() / "store.db";
  samples::SilentLog log_;
  std::unique_ptr<Store> store_;
};

const std::vector<std::string> kNone;

TEST_F(RowSumsTest, FollowEveryTable) {
  for (std::size_t i = 0; i < kGuardedTableCount; ++i)
    EXPECT_GE(rows(guarded_table(i)), 1U) << to_string(guarded_table(i));
  EXPECT_EQ(altered(), kNone);
  open();
  EXPECT_EQ(altered(), kNone) << "after a start";
}

TEST_F(RowSumsTest, FollowChangesRemovalsAndWhatGoesWithThem) {
  const RowSums before = kept();
  change([](Writer& writer) -> Status {
    auto member = samples::member(1, 1);
    member.role = MemberRole::owner;
    KAITO_CHECK(writer.update(member));
    auto org = samples::org(1);
    org.dek_lease = 77;
    KAITO_CHECK(writer.update(org));
    auto seed = samples::seed(1, 1);
    seed.row_mac = filled<32>(99);
    KAITO_CHECK(writer.update(seed));
    KAITO_CHECK(writer.add_to_group(nth<GroupId>(1), nth<MemberId>(1)));  // is there already
    return writer.update(Staff{
        .id = nth<StaffId>(1), .name = "grace", .role = StaffRole::auditor, .disabled = true, .created_at = kNow});
  });
  EXPECT_NE(kept(), before);
  EXPECT_EQ(altered(), kNone);
  change([](Writer& writer) -> Status {
    KAITO_CHECK(writer.remove_group(nth<OrgId>(2), nth<GroupId>(2)));
    KAITO_CHECK(writer.remove_org({.org = nth<OrgId>(1)}));
    for (;;) {
      KAITO_TRY(const bool more, writer.purge_org(nth<OrgId>(1), 1));
      if (!more) break;
    }
    return writer.remove_sessions_before(kNow + Seconds(1), kNow + Seconds(1));
  });
  EXPECT_EQ(altered(), kNone);
  EXPECT_EQ(rows(GuardedTable::org), 1U);
  EXPECT_EQ(rows(GuardedTable::member), 1U);
  EXPECT_EQ(rows(GuardedTable::group_member), 0U);
  EXPECT_EQ(rows(GuardedTable::session), 0U);
  EXPECT_EQ(rows(GuardedTable::seed), 1U);
}

TEST_F(RowSumsTest, AreNotTouchedByWhatNoElementDependsOn) {
  const RowSums before = kept();
  change([](Writer& writer) -> Status {
    SeedDek from{.seed = nth<SeedId>(1), .kek_version = 1, .wrapped_dek = samples::seed(1, 1).wrapped_dek};
    SeedDek to = from;
    to.kek_version = 2;
    to.wrapped_dek = Bytes(61, 9);
    KAITO_TRY(const bool moved, writer.rewrap(nth<OrgId>(1), from, to));
    EXPECT_TRUE(moved);
    KAITO_CHECK(writer.touch_session(nth<SessionId>(1), kNow + Seconds(9)));
    KAITO_CHECK(writer.update_sign_count(Bytes(16, 1), 12));
    return writer.touch_api_key(nth<ApiKeyId>(1), kNow);
  });
  EXPECT_EQ(kept(), before);
  EXPECT_EQ(altered(), kNone);
}

TEST_F(RowSumsTest, GoBackWithAFailedChangeWhileTheRestOfItsBatchStays) {
  std::vector<Future<Result<void>>> done;
  for (std::uint32_t n = 10; n < 20; ++n)
    done.push_back(store_->write(
        [n](Writer& writer) -> Status {
          KAITO_CHECK(writer.insert(samples::api_key(1, n)));
          KAITO_CHECK(writer.remove_member(nth<OrgId>(2), nth<MemberId>(2)));
          KAITO_CHECK(writer.insert(samples::member(2, 2)));
          if (n % 2 == 0) return fail(Code::forbidden, "changed its mind");
          return {};
        },
        JobKind::change));
  std::size_t failed = 0;
  for (auto& future : done) failed += sync_wait(samples::await(std::move(future))) ? 0 : 1;
  EXPECT_EQ(failed, 5U);
  EXPECT_EQ(rows(GuardedTable::api_key), 7U);
  EXPECT_EQ(altered(), kNone);
}

TEST_F(RowSumsTest, GoBackWithAStatementThatFailsInsideAChangeThatDoesNot) {
  change([](Writer& writer) -> Status {
    // The foreign key is looked at when the row is in already, and was shown.
    EXPECT_EQ(writer.insert(samples::member(77, 5)).error().code, Code::not_found);
    EXPECT_EQ(writer.insert(samples::seed(77, 5)).error().code, Code::not_found);
    EXPECT_EQ(writer.insert(samples::org(1)).error().code, Code::conflict);
    return writer.insert(samples::api_key(1, 5));
  });
  EXPECT_EQ(rows(GuardedTable::member), 2U);
  EXPECT_EQ(altered(), kNone);
}

class Refusing final : public BatchObserver {
 public:
  Status before_commit(Writer&) override { return refuse ? Status(fail(Code::internal, "refused")) : Status{}; }
  void committed() override {}
  void rolled_back() override {}
  std::atomic<bool> refuse{true};
};

TEST_F(RowSumsTest, GoBackWithALostBatch) {
  Refusing observer;
  store_->observe(observer);
  EXPECT_FALSE(samples::write(*store_, [](Writer& writer) { return writer.remove_org({.org = nth<OrgId>(1)}); }));
  EXPECT_EQ(altered(), kNone);
  observer.refuse = false;
  change([](Writer& writer) { return writer.insert(samples::api_key(2, 9)); });
  EXPECT_EQ(rows(GuardedTable::org), 2U);
  EXPECT_EQ(altered(), kNone);
  store_.reset();
}

TEST_F(RowSumsTest, F23NameTheTableOfARowThatWasRightOnceAndIsPutBack) {
  using Names = std::vector<std::string>;
  const auto aside = directory_.path() / "former.db";
  store_.reset();
  std::filesystem::copy_file(path_, aside);
  open();
  change([](Writer& writer) -> Status {
    KAITO_CHECK(writer.remove_api_key(nth<OrgId>(1), nth<ApiKeyId>(1)));
    auto seed = samples::seed(1, 1);
    seed.counter = 8;
    seed.row_mac = filled<32>(88);
    return writer.update(seed);
  });
  EXPECT_EQ(altered(), kNone);
  const auto from_former = [&aside](const char* sql) {
    return "ATTACH '" + aside.string() + "' AS former; " + sql + "; DETACH former";
  };
  edit(from_former("INSERT INTO api_key SELECT * FROM former.api_key WHERE id NOT IN (SELECT id FROM main.api_key)")
           .c_str());
  EXPECT_EQ(altered(), Names{"api_key"});
  change([](Writer& writer) { return writer.insert(samples::api_key(1, 30)); });
  EXPECT_EQ(altered(), Names{"api_key"}) << "later changes do not cover it up";
  edit(from_former("UPDATE seed SET (counter, row_mac) = (SELECT counter, row_mac FROM former.seed AS f "
                   "WHERE f.id = seed.id)")
           .c_str());
  EXPECT_EQ(altered(), (Names{"api_key", "seed"}));
  edit("DELETE FROM group_seed WHERE seed = (SELECT max(seed) FROM group_seed)");
  EXPECT_EQ(altered(), (Names{"api_key", "group_seed", "seed"}));

  change([](Writer& writer) { return writer.begin_row_sums(); });
  EXPECT_EQ(altered(), kNone) << "accepted as they are";
}

TEST_F(RowSumsTest, ThatWereEditedAreRefusedAndNotKeptOn) {
  edit("UPDATE row_guard SET sums = zeroblob(400)");
  EXPECT_CODE(store_->snapshot().value()->row_sums(), Code::integrity);
  change([](Writer& writer) { return writer.insert(samples::api_key(1, 40)); });
  EXPECT_CODE(store_->snapshot().value()->row_sums(), Code::integrity);
  EXPECT_CODE(samples::write(*store_,
                             [](Writer& writer) -> Status {
                               KAITO_TRY(const auto digest, writer.row_sums_digest());
                               return writer.anchor_row_sums({.record = 0, .digest = digest});
                             }),
              Code::integrity);
}

TEST_F(RowSumsTest, BearTheirAnchorAlong) {
  ByteArray<32> digest{};
  change([&digest](Writer& writer) -> Status {
    KAITO_TRY(digest, writer.row_sums_digest());
    return writer.anchor_row_sums({.record = 5, .digest = digest});
  });
  const auto anchored = store_->snapshot().value()->row_sums().value();
  ASSERT_TRUE(anchored && anchored->anchor);
  EXPECT_EQ(anchored->anchor->record, 5U);
  EXPECT_EQ(anchored->anchor->digest, anchored->digest);
  open();
  change([](Writer& writer) { return writer.insert(samples::api_key(1, 50)); });
  const auto later = store_->snapshot().value()->row_sums().value();
  ASSERT_TRUE(later && later->anchor);
  EXPECT_EQ(later->anchor->record, 5U);
  EXPECT_EQ(later->anchor->digest, digest);
  EXPECT_NE(later->digest, digest);
  edit("UPDATE row_guard SET anchor = 6");
  EXPECT_CODE(store_->snapshot().value()->row_sums(), Code::integrity);
}

TEST_F(RowSumsTest, AnAddedOrMissingPartOfTheSchemaIsRefused) {
  for (const char* sql : {"CREATE TRIGGER more AFTER INSERT ON audit BEGIN DELETE FROM session; END",
                          "DROP TRIGGER more; DROP TRIGGER audit_no_delete"}) {
    store_.reset();
    {
      auto database = sqlite::Database::open(path_, sqlite::Access::read_write, {});
      ASSERT_TRUE(database);
      EXPECT_DONE(database->execute(sql));
    }
    const auto opened = sqlite::open_store(path_, {}, log_.logger());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::integrity);
    EXPECT_NE(opened.error().detail.find("schema"), std::string::npos) << opened.error().detail;
  }
}

}  // namespace
}  // namespace kaito::store
