#include "appliance/store/sqlite/row_sum_rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sodium.h>

#include <span>

namespace kaito::store::sqlite {
namespace {

constexpr std::size_t kEntryBytes = 40;  // sum ‖ rows
constexpr std::size_t kSumsBytes = kEntryBytes * kGuardedTableCount;
constexpr std::uint32_t kStopInterval = 4096;  // rows between two looks at the stop token

// Before the database has its key there is none.
Result<ByteArray<32>> read_hash(const Statement& statement) {
  Row row(statement, "row_prf");
  const auto bytes = row.bytes<32>();
  return row.finish(bytes);
}

template <class... Values>
Result<ByteArray<32>> hash(Connection& connection, Sql sql, const Values&... values) {
  KAITO_TRY(const auto hashed, connection.one(sql, read_hash, values...));
  if (!hashed) return fail(Code::internal, "SQLite gives no row for an expression");
  return *hashed;
}

Bytes encode(const RowSums& sums) {
  Bytes out;
  out.reserve(kSumsBytes);
  for (const RowSum& sum : sums) {
    append(out, sum.sum);
    append_u64(out, sum.rows);
  }
  return out;
}

Result<RowSums> decode(ByteView bytes) {
  ByteReader reader(bytes);
  RowSums sums{};
  for (RowSum& sum : sums) {
    KAITO_TRY(const ByteView value, reader.take(sum.sum.size()));
    std::ranges::copy(value, sum.sum.begin());
    KAITO_TRY(sum.rows, reader.u64());
  }
  KAITO_CHECK(reader.finish());
  return sums;
}

struct Stored {
  std::optional<std::uint64_t> anchor;
  std::optional<ByteArray<32>> anchor_digest;
  Bytes sums;
  ByteArray<32> mac{};
};

Result<Stored> read_stored(const Statement& statement) {
  Row row(statement, "row_guard");
  Stored stored{.anchor = row.optional_number<std::uint64_t>(0, std::numeric_limits<std::int64_t>::max())};
  const auto digest = row.blob(0, 32);
  if (digest.size() == 32) std::ranges::copy(digest, stored.anchor_digest.emplace().begin());
  stored.sums = row.blob(kSumsBytes, kSumsBytes);
  stored.mac = row.bytes<32>();
  return row.finish(std::move(stored));
}

// Synthetic IV: the MAC over the clear sums is what their key stream is made of, so no stream is used for two contents.
Result<ByteArray<32>> mac_of(Connection& connection, ByteView clear, const std::optional<std::uint64_t>& anchor,
                             const std::optional<ByteArray<32>>& digest) {
  return hash(connection, "SELECT row_prf('sums', ?1, ?2, ?3)", clear, anchor, digest);
}

// Its own inverse. Who sees the sums before and after a change would know a row's element, and could look for other
// rows whose elements make up for it.
Status mask(Connection& connection, const ByteArray<32>& mac, std::span<std::uint8_t> sums) {
  for (std::size_t i = 0; i < kGuardedTableCount; ++i) {
    KAITO_TRY(const auto stream, hash(connection, "SELECT row_prf('mask', ?1, ?2)", mac, std::uint64_t{i}));
    const auto entry = sums.subspan(i * kEntryBytes, stream.size());
    for (std::size_t n = 0; n < stream.size(); ++n) entry[n] ^= stream.at(n);
  }
  return {};
}

}  // namespace

std::span<const std::string_view> element_columns(GuardedTable table) noexcept {
  static constexpr std::array<std::string_view, 2> kById{"id", "mac"};
  static constexpr std::array<std::string_view, 2> kCredential{"credential_id", "mac"};
  static constexpr std::array<std::string_view, 2> kToken{"token_hash", "mac"};
  static constexpr std::array<std::string_view, 3> kGroupMember{"group_id", "member", "mac"};
  static constexpr std::array<std::string_view, 3> kGroupSeed{"group_id", "seed", "mac"};
  static constexpr std::array<std::string_view, 4> kSeed{"id", "org", "row_mac", "tag"};
  switch (table) {
    case GuardedTable::staff_credential: return kCredential;
    case GuardedTable::one_time_token: return kToken;
    case GuardedTable::group_member: return kGroupMember;
    case GuardedTable::group_seed: return kGroupSeed;
    case GuardedTable::seed: return kSeed;
    default: return kById;
  }
}

Result<RowSum> compute_row_sum(Connection& connection, GuardedTable table, const std::stop_token& stop) {
  Database& database = connection.database();
  const auto sql = fmt::format("SELECT row_prf('row', '{0}', {1}) FROM {0}", to_string(table),
                               fmt::join(element_columns(table), ", "));
  database.begin_statement();
  KAITO_TRY(Statement statement, Statement::prepare(database, sql.c_str()));
  RowSum sum;
  for (;;) {
    KAITO_TRY(const bool more, statement.step(database));
    if (!more) return sum;
    KAITO_TRY(const auto element, read_hash(statement));
    add(sum.sum, element);
    if (++sum.rows % kStopInterval == 0 && stop.stop_requested())
      return fail(Code::deadline_exceeded, "the sum of a table was given up");
  }
}

Result<std::optional<KeptRowSums>> find_row_sums(Connection& connection) {
  KAITO_TRY(auto stored,
            connection.one("SELECT anchor, coalesce(anchor_digest, x'') AS anchor_digest, sums, mac FROM row_guard",
                           read_stored));
  if (!stored) return std::nullopt;
  KAITO_CHECK(mask(connection, stored->mac, stored->sums));
  KAITO_TRY(const auto mac, mac_of(connection, stored->sums, stored->anchor, stored->anchor_digest));
  if (sodium_memcmp(mac.data(), stored->mac.data(), mac.size()) != 0)
    return fail(Code::integrity, "row_guard: the sums of the guarded tables were edited outside the appliance");
  KeptRowSums kept;
  KAITO_TRY(kept.sums, decode(stored->sums));
  KAITO_TRY(kept.digest, digest_of(connection, kept.sums));
  if (stored->anchor && stored->anchor_digest) kept.anchor = RowAnchor{*stored->anchor, *stored->anchor_digest};
  return kept;
}

Status put_row_sums(Connection& connection, const RowSums& sums, const std::optional<RowAnchor>& anchor) {
  std::optional<std::uint64_t> record;
  std::optional<ByteArray<32>> digest;
  if (anchor) {
    record = anchor->record;
    digest = anchor->digest;
  }
  Bytes masked = encode(sums);
  KAITO_TRY(const auto mac, mac_of(connection, masked, record, digest));
  KAITO_CHECK(mask(connection, mac, masked));
  return connection.run(
      "INSERT INTO row_guard (id, anchor, anchor_digest, sums, mac) VALUES (1, ?1, ?2, ?3, ?4) ON CONFLICT (id) DO "
      "UPDATE SET anchor = excluded.anchor, anchor_digest = excluded.anchor_digest, sums = excluded.sums, "
      "mac = excluded.mac",
      record, digest, masked, mac);
}

Result<ByteArray<32>> digest_of(Connection& connection, const RowSums& sums) {
  return hash(connection, "SELECT row_prf('digest', ?1)", encode(sums));
}

}  // namespace kaito::store::sqlite
