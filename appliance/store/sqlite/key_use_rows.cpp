#include "appliance/store/sqlite/key_use_rows.hpp"

namespace kaito::store::sqlite {
namespace {

Result<KeyUsePeriod> read_period(const Statement& statement) {
  Row row(statement, "key_use_period");
  return row.finish(KeyUsePeriod{.began_at = row.time(),
                                 .audit_from = row.number<std::uint64_t>(),
                                 .audit_until = row.number<std::uint64_t>(),
                                 .written_at = row.time(),
                                 .complete = row.boolean()});
}

Result<KeyUseCount> read_count(const Statement& statement) {
  Row row(statement, "key_use");
  return row.finish(KeyUseCount{.org = row.id<OrgId>(),
                                .use = row.enumeration(KeyUse::code_by_hsm, KeyUse::refused),
                                .count = row.number<std::uint64_t>()});
}

}  // namespace

Result<std::vector<KeyUsePeriod>> list_key_use_periods(Connection& connection, TimePoint from) {
  return connection.all(
      "SELECT began_at, audit_from, audit_until, written_at, complete FROM key_use_period WHERE began_at >= "
      "coalesce((SELECT max(began_at) FROM key_use_period WHERE began_at <= ?1), ?1) ORDER BY began_at",
      read_period, from);
}

Result<std::vector<KeyUseCount>> sum_key_uses(Connection& connection, const OrgId& org, TimePoint from) {
  return connection.all(
      "SELECT org, use, sum(count) FROM key_use WHERE org = ?1 AND period >= ?2 GROUP BY use ORDER BY use", read_count,
      org, from);
}

Status begin_key_use_period(Connection& connection, const KeyUsePeriod& period) {
  return connection.run(
      "INSERT INTO key_use_period (began_at, audit_from, audit_until, written_at, complete) "
      "VALUES (?1, ?2, ?3, ?4, ?5)",
      period.began_at, period.audit_from, period.audit_until, period.written_at, period.complete);
}

Status add_key_uses(Connection& connection, const KeyUsePeriod& period, std::span<const KeyUseCount> counts) {
  KAITO_CHECK(
      connection.run("UPDATE key_use_period SET audit_until = ?2, written_at = ?3, complete = ?4 "
                     "WHERE began_at = ?1",
                     period.began_at, period.audit_until, period.written_at, period.complete));
  for (const auto& count : counts)
    KAITO_CHECK(
        connection.run("INSERT INTO key_use (period, org, use, count) VALUES (?1, ?2, ?3, ?4) "
                       "ON CONFLICT (org, period, use) DO UPDATE SET count = count + excluded.count",
                       period.began_at, count.org, static_cast<unsigned>(count.use), count.count));
  return {};
}

Status remove_key_uses_before(Connection& connection, TimePoint before) {
  KAITO_CHECK(connection.run("DELETE FROM key_use WHERE period < ?1", before));
  return connection.run("DELETE FROM key_use_period WHERE began_at < ?1", before);
}

}  // namespace kaito::store::sqlite
