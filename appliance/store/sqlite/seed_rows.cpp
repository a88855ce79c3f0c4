#include "appliance/store/sqlite/seed_rows.hpp"

#include <fmt/format.h>

#include <limits>

#include "appliance/store/sqlite/case_fold.hpp"
#include "appliance/store/sqlite/limits.hpp"
#include "appliance/store/sqlite/page_cursor.hpp"

#define KAITO_SEED_COLUMNS                                                                                  \
  "id, org, type, algorithm, digits, period, counter, revision, kek_version, wrapped_dek, iv, ciphertext, " \
  "tag, row_mac, fingerprint, created_at, issuer, account"

// What a page of a listing starts with and ends with. The conditions on the folded labels are answered from the index
// seed_by_label alone; only rows that are shown are fetched.
#define KAITO_SEED_PAGE                                                                                        \
  "SELECT " KAITO_SEED_COLUMNS                                                                                 \
  " FROM seed INDEXED BY seed_by_label WHERE org = ?1 AND (issuer_folded, account_folded, id) > (?2, ?3, ?4) " \
  "AND (?5 = '' OR instr(issuer_folded, ?5) > 0 OR instr(account_folded, ?5) > 0) "
#define KAITO_SEED_PAGE_END " ORDER BY issuer_folded, account_folded, id LIMIT ?6"

namespace kaito::store::sqlite {
namespace {

Result<Seed> read_seed(const Statement& statement) {
  Row row(statement, "seed");
  Seed seed{.id = row.id<SeedId>(),
            .org = row.id<OrgId>(),
            .parameters = {.type = row.number<std::uint8_t>(1, 3),
                           .algorithm = row.number<std::uint8_t>(1, 3),
                           .digits = row.number<std::uint8_t>(5, 8),
                           .period = row.number<std::uint16_t>(0, 300)}};
  seed.counter = row.number<std::uint64_t>();
  seed.revision = row.number<std::uint32_t>(1);
  seed.kek_version = row.number<KeyVersion>();
  seed.wrapped_dek = row.blob(limits::kWrappedDekLeast, limits::kWrappedDek);
  seed.iv = row.bytes<12>();
  seed.ciphertext = row.blob(1, limits::kCiphertext);
  seed.tag = row.bytes<16>();
  seed.row_mac = row.bytes<32>();
  seed.fingerprint = row.bytes<16>();
  seed.created_at = row.time();
  seed.issuer = row.text(0, limits::kName);
  seed.account = row.text(0, limits::kName);
  return row.finish(std::move(seed));
}

// Where a page starts: after the row with these folded labels and this id.
struct Place {
  std::string issuer;
  std::string account;
  UuidBytes id{};
};

// Key of a cursor: issuer length (2) ‖ issuer ‖ account length (2) ‖ account ‖ id (16), labels folded.
std::string cursor_after(const Seed& seed) {
  Bytes key;
  for (const std::string& label : {fold_case(seed.issuer), fold_case(seed.account)}) {
    append_u16(key, static_cast<std::uint16_t>(label.size()));
    append(key, as_bytes(label));
  }
  append(key, seed.id.bytes());
  return make_cursor(Listing::seeds, seed.org.bytes(), key);
}

Result<Place> parse_place(ByteView key) {
  ByteReader reader(key);
  Place place;
  for (std::string* label : {&place.issuer, &place.account}) {
    KAITO_TRY(const std::uint16_t size, reader.u16());
    KAITO_TRY(const ByteView bytes, reader.take(size));
    *label = as_text(bytes);
  }
  KAITO_TRY(const ByteView id, reader.take(place.id.size()));
  std::copy(id.begin(), id.end(), place.id.begin());
  KAITO_CHECK(reader.finish());
  return place;
}

Result<Place> start_of(const OrgId& org, const PageRequest& page) {
  KAITO_TRY(const auto key, read_cursor(Listing::seeds, org.bytes(), page));
  if (!key) return Place{};
  auto place = parse_place(*key);
  if (!place) return fail_invalid("cursor", "is not one that this listing gave");
  return place;
}

// The groups of which a seed must be in one, as ids one after the other; absent: no such condition.
std::optional<Bytes> wanted_groups(const SeedFilter& filter) {
  if (!filter.groups && !filter.group) return std::nullopt;
  Bytes wanted;
  if (!filter.groups) {
    append(wanted, filter.group->bytes());
    return wanted;
  }
  for (const GroupId& group : *filter.groups)
    if (!filter.group || *filter.group == group) append(wanted, group.bytes());
  return wanted;
}

Status check_counter(const Seed& seed) {
  constexpr auto kHighest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (seed.counter <= kHighest) return {};
  return fail_invalid("counter", fmt::format("must be at most {}", kHighest));
}

}  // namespace

Result<std::optional<Seed>> find_seed(Connection& connection, const OrgId& org, const SeedId& id) {
  return connection.one("SELECT " KAITO_SEED_COLUMNS " FROM seed WHERE id = ?1 AND org = ?2", read_seed, id, org);
}

Result<Page<Seed>> list_seeds(Connection& connection, const SeedFilter& filter, const PageRequest& request) {
  KAITO_CHECK(check_limit(request));
  if (filter.search.size() > limits::kSearch)
    return fail_invalid("search", fmt::format("must have at most {} bytes", limits::kSearch));
  KAITO_TRY(const Place after, start_of(filter.org, request));
  const auto wanted = wanted_groups(filter);
  Page<Seed> page;
  if (wanted && wanted->empty()) return page;

  const std::string search = fold_case(filter.search);
  const auto read = [&]() -> Result<std::vector<Seed>> {
    if (!wanted)
      return connection.all(KAITO_SEED_PAGE KAITO_SEED_PAGE_END, read_seed, filter.org, after.issuer, after.account,
                            after.id, search, request.limit + 1);
    // The list of groups comes as one value, cut into ids of 16 bytes here, so that one statement serves any number.
    return connection.all(
        "WITH RECURSIVE wanted (start, id) AS (SELECT 1, substr(?7, 1, 16) UNION ALL "
        "SELECT start + 16, substr(?7, start + 16, 16) FROM wanted WHERE start + 16 < length(?7)) " KAITO_SEED_PAGE
        "AND id IN (SELECT seed FROM group_seed WHERE group_id IN (SELECT id FROM wanted))" KAITO_SEED_PAGE_END,
        read_seed, filter.org, after.issuer, after.account, after.id, search, request.limit + 1, *wanted);
  };
  KAITO_TRY(page.rows, read());
  if (page.rows.size() > request.limit) {
    page.rows.pop_back();
    page.next = cursor_after(page.rows.back());
  }
  return page;
}

Result<std::uint64_t> count_seeds(Connection& connection, const OrgId& org) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "seed");
    return row.finish(row.number<std::uint64_t>());
  };
  KAITO_TRY(const auto count, connection.one("SELECT seeds FROM seed_count WHERE org = ?1", read, org));
  return count.value_or(0);
}

Result<std::vector<SeedId>> find_seeds_by_fingerprint(Connection& connection, const OrgId& org,
                                                      const ByteArray<16>& fingerprint) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "seed");
    return row.finish(row.id<SeedId>());
  };
  return connection.all("SELECT id FROM seed WHERE org = ?1 AND fingerprint = ?2 ORDER BY id", read, org, fingerprint);
}

Result<std::vector<SeedDek>> list_seed_deks(Connection& connection, const OrgId& org, KeyVersion below,
                                            const SeedDekPlace& place, std::uint32_t limit) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "seed");
    return row.finish(SeedDek{.seed = row.id<SeedId>(),
                              .parameters = {.type = row.number<std::uint8_t>(1, 3),
                                             .algorithm = row.number<std::uint8_t>(1, 3),
                                             .digits = row.number<std::uint8_t>(5, 8),
                                             .period = row.number<std::uint16_t>(0, 300)},
                              .kek_version = row.number<KeyVersion>(),
                              .wrapped_dek = row.blob(limits::kWrappedDekLeast, limits::kWrappedDek),
                              .iv = row.bytes<12>(),
                              .ciphertext = row.blob(1, limits::kCiphertext),
                              .tag = row.bytes<16>()});
  };
  return connection.all(
      "SELECT id, type, algorithm, digits, period, kek_version, wrapped_dek, iv, ciphertext, tag "
      "FROM seed INDEXED BY seed_by_kek "
      "WHERE org = ?1 AND kek_version < ?2 AND (kek_version, id) > (?3, ?4) ORDER BY kek_version, id LIMIT ?5",
      read, org, below, place.kek_version, place.seed, limit);
}

Result<std::uint64_t> count_seeds_below(Connection& connection, const OrgId& org, KeyVersion below) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "seed");
    return row.finish(row.number<std::uint64_t>());
  };
  KAITO_TRY(const auto count,
            connection.one("SELECT count(*) FROM seed WHERE org = ?1 AND kek_version < ?2", read, org, below));
  return count.value_or(0);
}

Result<bool> any_seed_below(Connection& connection, const OrgId& org, KeyVersion below) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "seed");
    return row.finish(row.boolean());
  };
  KAITO_TRY(const auto any,
            connection.one("SELECT EXISTS (SELECT 1 FROM seed WHERE org = ?1 AND kek_version < ?2)", read, org, below));
  return any.value_or(false);
}

// Whatever else of the row has changed since it was read stays as it is.
Result<bool> rewrap_seed_dek(Connection& connection, const OrgId& org, const SeedDek& before, const SeedDek& after) {
  KAITO_CHECK(
      connection.run("UPDATE seed SET kek_version = ?3, wrapped_dek = ?4 "
                     "WHERE id = ?1 AND org = ?2 AND kek_version = ?5 AND wrapped_dek = ?6",
                     before.seed, org, after.kek_version, after.wrapped_dek, before.kek_version, before.wrapped_dek));
  return connection.database().changes() == 1;
}

Status insert_seed(Connection& connection, const Seed& seed) {
  KAITO_CHECK(check_counter(seed));
  KAITO_CHECK(
      connection.run("INSERT INTO seed (" KAITO_SEED_COLUMNS
                     ", issuer_folded, account_folded) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
                     "?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
                     seed.id, seed.org, seed.parameters.type, seed.parameters.algorithm, seed.parameters.digits,
                     seed.parameters.period, seed.counter, seed.revision, seed.kek_version, seed.wrapped_dek, seed.iv,
                     seed.ciphertext, seed.tag, seed.row_mac, seed.fingerprint, seed.created_at, seed.issuer,
                     seed.account, fold_case(seed.issuer), fold_case(seed.account)));
  return connection.run(
      "INSERT INTO seed_count (org, seeds) VALUES (?1, 1) ON CONFLICT (org) DO UPDATE SET seeds = seeds + 1", seed.org);
}

Status update_seed(Connection& connection, const Seed& seed) {
  KAITO_CHECK(check_counter(seed));
  return connection.change_one(
      "UPDATE seed SET type = ?3, algorithm = ?4, digits = ?5, period = ?6, counter = ?7, revision = ?8, "
      "kek_version = ?9, wrapped_dek = ?10, iv = ?11, ciphertext = ?12, tag = ?13, row_mac = ?14, "
      "fingerprint = ?15, issuer = ?16, account = ?17, issuer_folded = ?18, account_folded = ?19 "
      "WHERE id = ?1 AND org = ?2",
      seed.id, seed.org, seed.parameters.type, seed.parameters.algorithm, seed.parameters.digits,
      seed.parameters.period, seed.counter, seed.revision, seed.kek_version, seed.wrapped_dek, seed.iv, seed.ciphertext,
      seed.tag, seed.row_mac, seed.fingerprint, seed.issuer, seed.account, fold_case(seed.issuer),
      fold_case(seed.account));
}

Status remove_seed(Connection& connection, const OrgId& org, const SeedId& id) {
  KAITO_CHECK(connection.change_one("DELETE FROM seed WHERE id = ?1 AND org = ?2", id, org));
  return connection.run("UPDATE seed_count SET seeds = seeds - 1 WHERE org = ?1", org);
}

}  // namespace kaito::store::sqlite
