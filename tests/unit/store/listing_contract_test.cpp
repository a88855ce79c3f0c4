// Listings: pages, search and the audit log.
#include <set>

#include "tests/unit/store/store_contract.hpp"

namespace kaito::store {
namespace {

using samples::nth;

// All ids of a listing, a page of `limit` at a time.
template <class List>
auto collect(List list, std::uint32_t limit) {
  PageRequest request{.limit = limit, .cursor = {}};
  std::vector<std::string> ids;
  for (;;) {
    auto page = list(request);
    EXPECT_DONE(page);
    if (!page) return ids;
    EXPECT_LE(page->rows.size(), limit);
    for (const auto& row : page->rows) ids.push_back(row.id.str());
    if (!page->next) return ids;
    request.cursor = page->next;
  }
}

TEST_P(StoreContract, PagesCoverEveryRowOnceInOrder) {
  std::vector<std::string> expected;
  insert(samples::org(1));
  for (std::uint32_t n = 1; n <= 10; ++n) {
    insert(samples::member(1, n), samples::group(1, n), samples::api_key(1, n));
    if (n > 1) insert(samples::org(n));
    expected.push_back(nth<OrgId>(n).str());
  }
  const auto reader = snapshot();
  for (const std::uint32_t limit : {1U, 3U, 5U, 10U, 1000U}) {
    EXPECT_EQ(collect([&](const auto& page) { return reader->orgs(page); }, limit), expected);
    EXPECT_EQ(collect([&](const auto& page) { return reader->members(nth<OrgId>(1), page); }, limit), expected);
    EXPECT_EQ(collect([&](const auto& page) { return reader->groups(nth<OrgId>(1), page); }, limit), expected);
    EXPECT_EQ(collect([&](const auto& page) { return reader->api_keys(nth<OrgId>(1), page); }, limit), expected);
  }
}

TEST_P(StoreContract, TheLastPageHasNoCursor) {
  insert(samples::org(1), samples::org(2));
  EXPECT_FALSE(snapshot()->orgs({.limit = 2, .cursor = {}}).value().next);
  EXPECT_TRUE(snapshot()->orgs({.limit = 1, .cursor = {}}).value().next);
}

TEST_P(StoreContract, PagesStayInPlaceWhenRowsComeAndGo) {
  insert(samples::org(1));
  for (std::uint32_t n = 1; n <= 6; ++n) insert(samples::seed(1, 2 * n));
  const auto first = snapshot()->seeds({.org = nth<OrgId>(1)}, {.limit = 3, .cursor = {}}).value();
  ASSERT_EQ(first.rows.back().id, first.rows[2].id);
  // The row that the cursor stands on goes, one before it and one after it come.
  const SeedId last = first.rows.back().id;
  const SeedId before = first.rows.front().id;
  Seed early = samples::seed(1, 100);
  early.account = "account 0";
  Seed late = samples::seed(1, 101);
  late.account = "account 9";
  insert(early, late);
  EXPECT_DONE(write([&](Writer& writer) -> Status {
    KAITO_CHECK(writer.remove_seed(nth<OrgId>(1), before));
    return writer.remove_seed(nth<OrgId>(1), last);
  }));
  const auto second = snapshot()->seeds({.org = nth<OrgId>(1)}, {.limit = 10, .cursor = first.next}).value();
  std::set<SeedId> seen;
  for (const Seed& seed : first.rows) EXPECT_TRUE(seen.insert(seed.id).second);
  for (const Seed& seed : second.rows) EXPECT_TRUE(seen.insert(seed.id).second) << "seen twice";
  for (std::uint32_t n = 1; n <= 6; ++n) EXPECT_TRUE(seen.contains(nth<SeedId>(2 * n)));
  EXPECT_TRUE(seen.contains(late.id));
}

TEST_P(StoreContract, AWrongLimitOrCursorIsRefusedByName) {
  insert(samples::org(1), samples::org(2), samples::org(3), samples::seed(1, 1), samples::seed(1, 2));
  const auto reader = snapshot();
  EXPECT_REFUSED(reader->orgs({.limit = 0, .cursor = {}}), Code::invalid_request, "limit");
  EXPECT_REFUSED(reader->seeds({.org = nth<OrgId>(1)}, {.limit = 1001, .cursor = {}}), Code::invalid_request, "limit");
  for (const char* cursor : {"", "x", "%%%", "AAAA", "AQ", "////////////////////////////"})
    EXPECT_REFUSED(reader->orgs({.limit = 1, .cursor = cursor}), Code::invalid_request, "cursor");
  const auto orgs_cursor = reader->orgs({.limit = 1, .cursor = {}}).value().next;
  const auto seeds_cursor = reader->seeds({.org = nth<OrgId>(1)}, {.limit = 1, .cursor = {}}).value().next;
  ASSERT_TRUE(orgs_cursor && seeds_cursor);
  // One listing's cursor is not another's, and one org's is not another's.
  EXPECT_REFUSED(reader->groups(nth<OrgId>(1), {.limit = 1, .cursor = orgs_cursor}), Code::invalid_request, "cursor");
  EXPECT_REFUSED(reader->orgs({.limit = 1, .cursor = seeds_cursor}), Code::invalid_request, "cursor");
  EXPECT_REFUSED(reader->seeds({.org = nth<OrgId>(2)}, {.limit = 1, .cursor = seeds_cursor}), Code::invalid_request,
                 "cursor");
  std::string edited = *orgs_cursor;
  edited[5] = edited[5] == 'A' ? 'B' : 'A';
  EXPECT_REFUSED(reader->orgs({.limit = 1, .cursor = edited}), Code::invalid_request, "cursor");
  EXPECT_REFUSED(reader->orgs({.limit = 1, .cursor = std::string(100'000, 'A')}), Code::invalid_request, "cursor");
}

}  // namespace

void SeedListing::SetUp() {
  insert(samples::org(1), samples::org(2), samples::group(1, 1), samples::group(1, 2));
  const std::pair<const char*, const char*> labels[] = {
      {"GitHub", "ada@example.org"}, {"amazon", "bob"}, {"Amazon", "ALICE"}, {"ÄRZTE", "Zoë"}, {"100%", "a_b"}};
  std::uint32_t n = 0;
  for (const auto& [issuer, account] : labels) {
    Seed seed = samples::seed(1, ++n);
    seed.issuer = issuer;
    seed.account = account;
    insert(seed);
  }
  insert(samples::seed(2, 50));
  EXPECT_DONE(write([](Writer& writer) -> Status {
    KAITO_CHECK(writer.add_to_group(nth<GroupId>(1), nth<SeedId>(1)));
    KAITO_CHECK(writer.add_to_group(nth<GroupId>(2), nth<SeedId>(1)));
    return writer.add_to_group(nth<GroupId>(2), nth<SeedId>(2));
  }));
}

std::string SeedListing::accounts(SeedFilter filter, std::uint32_t limit) {
  filter.org = nth<OrgId>(1);
  const auto reader = snapshot();
  std::string joined;
  PageRequest request{.limit = limit, .cursor = {}};
  do {
    const auto page = reader->seeds(filter, request);
    EXPECT_DONE(page);
    if (!page) return "error";
    for (const Seed& seed : page->rows) joined += (joined.empty() ? "" : " ") + seed.account;
    request.cursor = page->next;
  } while (request.cursor);
  return joined;
}

namespace {

TEST_P(SeedListing, ComesByIssuerAndAccountWhateverTheirCase) {
  EXPECT_EQ(accounts({}), "a_b ALICE bob ada@example.org Zoë");
}

TEST_P(SeedListing, SearchFindsPartsOfBothLabelsWhateverTheirCase) {
  EXPECT_EQ(accounts({.search = "AMAZON"}), "ALICE bob");
  EXPECT_EQ(accounts({.search = "EXAMPLE.org"}), "ada@example.org");
  EXPECT_EQ(accounts({.search = "ärzt"}), "Zoë");
  EXPECT_EQ(accounts({.search = "ZOË"}), "Zoë");
  EXPECT_EQ(accounts({.search = "nowhere"}), "");
}

TEST_P(SeedListing, SearchTakesWildcardsAndQuotesLiterally) {
  EXPECT_EQ(accounts({.search = "%"}), "a_b");
  EXPECT_EQ(accounts({.search = "_"}), "a_b");
  EXPECT_EQ(accounts({.search = "*"}), "");
  EXPECT_EQ(accounts({.search = "' OR 1=1 --"}), "");
  EXPECT_REFUSED(snapshot()->seeds({.org = nth<OrgId>(1), .search = std::string(257, 'a')}, {}), Code::invalid_request,
                 "search");
}

TEST_P(SeedListing, ShowsOnlySeedsOfTheGroupsThatMayBeShown) {
  EXPECT_EQ(accounts({.groups = std::vector<GroupId>{}}), "");
  EXPECT_EQ(accounts({.groups = std::vector{nth<GroupId>(1)}}), "ada@example.org");
  EXPECT_EQ(accounts({.groups = std::vector{nth<GroupId>(1), nth<GroupId>(2)}}), "bob ada@example.org");
  EXPECT_EQ(accounts({.group = nth<GroupId>(2)}), "bob ada@example.org");
  EXPECT_EQ(accounts({.groups = std::vector{nth<GroupId>(1)}, .group = nth<GroupId>(2)}), "");
  EXPECT_EQ(accounts({.groups = std::vector{nth<GroupId>(1), nth<GroupId>(2)}, .group = nth<GroupId>(2)}, 1),
            "bob ada@example.org");
  EXPECT_EQ(accounts({.group = nth<GroupId>(2), .search = "git"}), "ada@example.org");
}

TEST_P(SeedListing, FollowsAChangeOfLabels) {
  Seed seed = samples::seed(1, 1);
  seed.issuer = "Zulip";
  seed.account = "Ada";
  EXPECT_DONE(write([&](Writer& writer) { return writer.update(seed); }));
  EXPECT_EQ(accounts({.search = "github"}), "");
  EXPECT_EQ(accounts({.search = "zuLIP"}), "Ada");
}

TEST_P(StoreContract, AuditRecordsFollowEachOtherWithoutAGap) {
  EXPECT_REFUSED(write([](Writer& writer) { return writer.append_audit(samples::audit(1)); }), Code::conflict,
                 "sequence");
  for (std::uint64_t n = 0; n < 5; ++n)
    EXPECT_DONE(write([&](Writer& writer) { return writer.append_audit(samples::audit(n)); }, JobKind::record));
  EXPECT_REFUSED(write([](Writer& writer) { return writer.append_audit(samples::audit(4)); }), Code::conflict,
                 "sequence");
  EXPECT_EQ(snapshot()->audit_size().value(), 5U);
  const auto hashes = snapshot()->audit_leaf_hashes(1, 4).value();
  ASSERT_EQ(hashes.size(), 3U);
  EXPECT_EQ(hashes[0], samples::audit(1).leaf_hash);
  EXPECT_CODE(snapshot()->audit_leaf_hashes(3, 6), Code::integrity);
}

TEST_P(StoreContract, AuditRecordsAreListedByRangeOrgAndDirection) {
  for (std::uint64_t n = 0; n < 10; ++n) {
    AuditRow row = samples::audit(n);
    if (n % 2 == 1) row.org = nth<OrgId>(1);
    row.record += std::string("\0tail", 5);
    EXPECT_DONE(write([&](Writer& writer) { return writer.append_audit(row); }, JobKind::record));
  }
  const auto sequences = [&](const AuditFilter& filter) {
    std::vector<std::uint64_t> found;
    for (const AuditRow& row : snapshot()->audit_rows(filter).value()) found.push_back(row.sequence);
    return found;
  };
  using Sequences = std::vector<std::uint64_t>;
  EXPECT_EQ(sequences({.from = 7}), (Sequences{7, 8, 9}));
  EXPECT_EQ(sequences({.from = 2, .until = 4}), (Sequences{2, 3}));
  EXPECT_EQ(sequences({.limit = 2, .newest_first = true}), (Sequences{9, 8}));
  EXPECT_EQ(sequences({.org = nth<OrgId>(1), .from = 2}), (Sequences{3, 5, 7, 9}));
  EXPECT_EQ(sequences({.org = nth<OrgId>(1), .until = 8, .limit = 2, .newest_first = true}), (Sequences{7, 5}));
  EXPECT_EQ(sequences({.org = nth<OrgId>(2)}), Sequences{});
  EXPECT_EQ(snapshot()->audit_rows({.from = 3}).value().front().record, "{\"record\":3}" + std::string("\0tail", 5));
  EXPECT_REFUSED(snapshot()->audit_rows({.limit = 0}), Code::invalid_request, "limit");
  EXPECT_REFUSED(snapshot()->audit_rows({.limit = 10'001}), Code::invalid_request, "limit");
}

TEST_P(StoreContract, CheckpointsComeBySize) {
  for (const std::uint64_t size : {4U, 9U, 20U}) {
    const AuditCheckpoint checkpoint{
        .tree_size = size, .root = samples::filled<32>(1), .key_version = 2, .note = "note", .time = samples::kNow};
    EXPECT_DONE(write([&](Writer& writer) { return writer.insert(checkpoint); }));
  }
  EXPECT_EQ(snapshot()->latest_checkpoint().value()->tree_size, 20U);
  const auto some = snapshot()->checkpoints(5, 1).value();
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some[0].tree_size, 9U);
  EXPECT_EQ(some[0].note, "note");
}

}  // namespace

}  // namespace kaito::store
