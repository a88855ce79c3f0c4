#include "appliance/store/sqlite/audit_rows.hpp"

#include <fmt/format.h>

#include <limits>

#include "appliance/store/sqlite/limits.hpp"

#define KAITO_AUDIT_PAGE \
  "SELECT sequence, org, time, record, leaf_hash FROM audit WHERE sequence >= ?1 AND sequence < ?2"

namespace kaito::store::sqlite {
namespace {

constexpr auto kEnd = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

Result<AuditRow> read_audit(const Statement& statement) {
  Row row(statement, "audit");
  AuditRow out{.sequence = row.number<std::uint64_t>(), .org = row.optional_id<OrgId>(), .time = row.time()};
  out.record = as_text(row.blob_view(0, limits::kRecord));
  out.leaf_hash = row.bytes<32>();
  return row.finish(std::move(out));
}

Result<AuditCheckpoint> read_checkpoint(const Statement& statement) {
  Row row(statement, "audit_checkpoint");
  return row.finish(AuditCheckpoint{.tree_size = row.number<std::uint64_t>(),
                                    .root = row.bytes<32>(),
                                    .key_version = row.number<KeyVersion>(),
                                    .note = row.text(0, limits::kNote),
                                    .time = row.time()});
}

Status check_audit_limit(std::uint32_t limit) {
  if (limit >= 1 && limit <= limits::kAuditRows) return {};
  return fail_invalid("limit", fmt::format("must be from 1 to {}", limits::kAuditRows));
}

}  // namespace

Result<std::vector<AuditRow>> list_audit(Connection& connection, const AuditFilter& filter) {
  KAITO_CHECK(check_audit_limit(filter.limit));
  const std::uint64_t from = std::min(filter.from, kEnd);
  const std::uint64_t until = std::min(filter.until.value_or(kEnd), kEnd);
  if (filter.org && filter.newest_first)
    return connection.all(KAITO_AUDIT_PAGE " AND org = ?4 ORDER BY sequence DESC LIMIT ?3", read_audit, from, until,
                          filter.limit, *filter.org);
  if (filter.org)
    return connection.all(KAITO_AUDIT_PAGE " AND org = ?4 ORDER BY sequence LIMIT ?3", read_audit, from, until,
                          filter.limit, *filter.org);
  if (filter.newest_first)
    return connection.all(KAITO_AUDIT_PAGE " ORDER BY sequence DESC LIMIT ?3", read_audit, from, until, filter.limit);
  return connection.all(KAITO_AUDIT_PAGE " ORDER BY sequence LIMIT ?3", read_audit, from, until, filter.limit);
}

Result<std::uint64_t> audit_size(Connection& connection) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "audit");
    return row.finish(row.number<std::uint64_t>());
  };
  // The last sequence tells the size in one step; counting would read the whole table.
  KAITO_TRY(const auto last, connection.one("SELECT sequence FROM audit ORDER BY sequence DESC LIMIT 1", read));
  return last ? *last + 1 : 0;
}

Result<std::vector<ByteArray<32>>> audit_leaf_hashes(Connection& connection, std::uint64_t from, std::uint64_t until) {
  std::uint64_t expected = from;
  const auto read = [&expected](const Statement& statement) -> Result<ByteArray<32>> {
    Row row(statement, "audit");
    if (row.number<std::uint64_t>() != expected)
      return fail(Code::integrity, fmt::format("audit: record {} is missing", expected));
    ++expected;
    return row.finish(row.bytes<32>());
  };
  KAITO_TRY(auto hashes, connection.all("SELECT sequence, leaf_hash FROM audit WHERE sequence >= ?1 AND sequence < ?2 "
                                        "ORDER BY sequence",
                                        read, std::min(from, kEnd), std::min(until, kEnd)));
  if (expected < until) return fail(Code::integrity, fmt::format("audit: record {} is missing", expected));
  return hashes;
}

// Two statements, since one that reads the table that it fills makes SQLite open a temporary one each time.
Status append_audit(Connection& connection, const AuditRow& row) {
  KAITO_TRY(const std::uint64_t size, audit_size(connection));
  if (row.sequence == size)
    return connection.run("INSERT INTO audit (sequence, org, time, record, leaf_hash) VALUES (?1, ?2, ?3, ?4, ?5)",
                          row.sequence, row.org, row.time, as_bytes(row.record), row.leaf_hash);
  return fail(Error{.code = Code::conflict,
                    .detail = fmt::format("audit record {} does not follow the last one", row.sequence),
                    .field = "sequence",
                    .reason = "does not follow the last record"});
}

Result<std::optional<AuditRow>> first_audit_row_with(Connection& connection, std::string_view part,
                                                     std::uint64_t from) {
  return connection.one(
      "SELECT sequence, org, time, record, leaf_hash FROM audit WHERE sequence >= ?1 AND instr(record, ?2) > 0 "
      "ORDER BY sequence LIMIT 1",
      read_audit, std::min(from, kEnd), as_bytes(part));
}

Result<std::optional<AuditCheckpoint>> latest_checkpoint(Connection& connection) {
  return connection.one(
      "SELECT tree_size, root, key_version, note, time FROM audit_checkpoint ORDER BY tree_size DESC LIMIT 1",
      read_checkpoint);
}

Result<std::vector<AuditCheckpoint>> list_checkpoints(Connection& connection, std::uint64_t from_size,
                                                      std::uint32_t limit) {
  KAITO_CHECK(check_audit_limit(limit));
  return connection.all(
      "SELECT tree_size, root, key_version, note, time FROM audit_checkpoint WHERE tree_size >= ?1 "
      "ORDER BY tree_size LIMIT ?2",
      read_checkpoint, std::min(from_size, kEnd), limit);
}

Status insert_checkpoint(Connection& connection, const AuditCheckpoint& checkpoint) {
  return connection.run(
      "INSERT INTO audit_checkpoint (tree_size, root, key_version, note, time) VALUES (?1, ?2, ?3, ?4, ?5)",
      checkpoint.tree_size, checkpoint.root, checkpoint.key_version, checkpoint.note, checkpoint.time);
}

}  // namespace kaito::store::sqlite
