#include "appliance/audit/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "appliance/audit/log_tail.hpp"
#include "appliance/audit/proof.hpp"
#include "appliance/audit/record.hpp"
#include "tests/unit/audit/test_log.hpp"

namespace kaito::audit {
namespace {

using testing::HasSubstr;

store::Org org_row(std::uint8_t number) {
  return {.id = org_number(number),
          .name = "org " + std::to_string(number),
          .created_at = from_unix_ms(1),
          .wrapped_index_key = Bytes(64)};
}

std::vector<store::AuditRow> rows_of(store::Store& store) { return *(*store.snapshot())->audit_rows({}); }

TEST(Journal, LinksEveryRecordToTheOneBefore) {
  TestLog log;
  log.add(20);
  Hash previous{};
  std::uint64_t sequence = 0;
  for (const auto& row : rows_of(*log.store)) {
    const auto record = parse_record(row.record);
    ASSERT_TRUE(record) << record.error().detail;
    EXPECT_EQ(record->place.sequence, sequence++);
    EXPECT_EQ(record->place.previous, previous);
    EXPECT_EQ(row.leaf_hash, leaf_hash(as_bytes(row.record)));
    previous = row.leaf_hash;
  }
  EXPECT_EQ(sequence, 20U);
  EXPECT_EQ(log.journal->size(), 20U);
}

TEST(Journal, CommitsTheChangeAndItsRecordTogether) {
  TestLog log;
  const auto done = sync_wait(log.journal->commit(event_number(0), [](store::Writer& writer, Event& event) -> Status {
    KAITO_CHECK(writer.insert(org_row(1)));
    event.org = org_number(1);
    event.details.push_back({"seeds", "0"});
    return {};
  }));
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_TRUE((*(*log.store->snapshot())->org(org_number(1))).has_value());
  const auto rows = rows_of(*log.store);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].org, org_number(1));
  EXPECT_THAT(rows[0].record, HasSubstr(R"("seeds":"0")"));
}

TEST(Journal, WritesNothingWhenTheChangeFails) {
  TestLog log;
  const auto done = sync_wait(log.journal->commit(event_number(0), [](store::Writer& writer, Event&) -> Status {
    KAITO_CHECK(writer.insert(org_row(1)));
    return fail(Code::conflict, "changed meanwhile");
  }));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::conflict);
  EXPECT_FALSE((*(*log.store->snapshot())->org(org_number(1))).has_value());
  EXPECT_EQ(log.journal->size(), 0U);
  log.add(1);
  EXPECT_EQ(rows_of(*log.store).size(), 1U);
}

TEST(Journal, WritesNothingWhenTheRecordCannotBeMade) {
  TestLog log;
  const auto done = sync_wait(log.journal->commit(event_number(0), [](store::Writer& writer, Event& event) {
    event.action = "";
    return writer.insert(org_row(1));
  }));
  ASSERT_FALSE(done);
  EXPECT_FALSE((*(*log.store->snapshot())->org(org_number(1))).has_value());
}

TEST(Journal, KeepsOneChainUnderManyThreads) {
  TestLog log;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&log, thread] {
      for (int i = 0; i < 50; ++i) {
        const auto number = static_cast<std::uint64_t>(100 * thread + i);
        // Every fifth change fails and must leave no trace in the tree.
        const auto done = sync_wait(log.journal->commit(event_number(number), [i](store::Writer&, Event&) -> Status {
          if (i % 5 == 0) return fail(Code::conflict, "no");
          return {};
        }));
        EXPECT_EQ(done.has_value(), i % 5 != 0);
      }
    });
  threads.clear();
  EXPECT_EQ(log.journal->size(), 320U);
  log.checkpoint();
  const auto report = verify_lines(log.export_lines(), {.pinned = {log.key()}});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok()) << report->failure->what;
  EXPECT_EQ(report->covered, 320U);
}

TEST(Journal, GoesOnWhereItEndedAfterReopening) {
  TestLog log;
  for (int round = 0; round < 5; ++round) {
    log.add(static_cast<std::uint64_t>(3 + round));
    if (round % 2 == 0) log.checkpoint();
    ASSERT_TRUE(log.reopen());
  }
  EXPECT_EQ(log.journal->size(), 25U);
  const auto report = verify_lines(log.export_lines(), {.pinned = {log.key()}});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok()) << report->failure->what;
  EXPECT_EQ(report->checkpoints, 3U);
}

TEST(Journal, RebuildsItsTreeWhenTheTailIsNotThere) {
  TestLog log;
  log.add(300);
  log.checkpoint();
  log.add(7);
  log.tamper("DELETE FROM meta WHERE key = 'audit.tail'");
  ASSERT_TRUE(log.reopen());
  log.add(1);
  log.checkpoint();
  const auto report = verify_lines(log.export_lines(), {.pinned = {log.key()}});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok()) << report->failure->what;
}

struct Damage {
  const char* name;
  const char* sql;
  const char* says;
};
class JournalDamage : public testing::TestWithParam<Damage> {};

TEST_P(JournalDamage, F63RefusesToOpenAndNamesTheRecord) {
  TestLog log;
  log.add(40);
  log.checkpoint();
  log.tamper(GetParam().sql);
  const auto opened = log.reopen();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::integrity);
  EXPECT_THAT(opened.error().detail, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, JournalDamage,
    testing::Values(
        Damage{"TailCut", "DELETE FROM audit WHERE sequence >= 33", "record 33"},
        Damage{"TailCutWithItsMeta",
               "DELETE FROM audit WHERE sequence >= 33; DELETE FROM meta WHERE key = 'audit.tail'", "record 33"},
        Damage{
            "LastEdited",
            "UPDATE audit SET record = CAST(replace(CAST(record AS TEXT), 'ada', 'eve') AS BLOB) WHERE sequence = 39",
            "record 39"},
        Damage{
            "OneEdited",
            "UPDATE audit SET record = CAST(replace(CAST(record AS TEXT), 'ada', 'eve') AS BLOB) WHERE sequence = 21",
            "record 21"},
        Damage{"OneRemoved", "DELETE FROM audit WHERE sequence = 17", "record 17"},
        Damage{"TailForeign", "UPDATE meta SET value = zeroblob(105) WHERE key = 'audit.tail'", "audit tail"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Journal, RefusesAnOriginThatCannotNameAKey) {
  TestLog log;
  for (const char* origin : {"", "with space", "a+b", "tab\t"}) {
    const auto opened = Journal::open(*log.store, origin, log.clock, log.logger);
    ASSERT_FALSE(opened) << origin;
    EXPECT_EQ(opened.error().code, Code::configuration);
  }
}

TEST(Journal, SignsACheckpointOnlyWhenTheTreeHasGrown) {
  TestLog log;
  EXPECT_EQ(log.checkpoint(), "");
  log.add(3);
  const std::string note = log.checkpoint();
  const auto opened = open_note(note, std::vector{log.key()});
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(opened->checkpoint.size, 3U);
  EXPECT_EQ(log.checkpoint(), "");
  ASSERT_TRUE(log.reopen());
  EXPECT_EQ(log.checkpoint(), "");
  log.add(1);
  EXPECT_NE(log.checkpoint(), "");
}

TEST(Journal, NeverStoresASignatureThatDoesNotVerify) {
  TestLog log;
  log.add(1);
  log.signer.broken = true;
  const auto made = sync_wait(log.journal->checkpoint(log.signer));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::hsm_key_rejected);
  EXPECT_FALSE((*(*log.store->snapshot())->latest_checkpoint()).has_value());
  log.signer.broken = false;
  EXPECT_NE(log.checkpoint(), "");
}

TEST(Journal, ItsRecordsProveThemselvesAgainstItsCheckpoints) {
  TestLog log;
  log.add(13);
  const auto early = open_note(log.checkpoint(), std::vector{log.key()})->checkpoint;
  log.add(24);
  const auto late = open_note(log.checkpoint(), std::vector{log.key()})->checkpoint;
  const auto reader = *log.store->snapshot();
  const auto leaves = *reader->audit_leaf_hashes(0, 37);
  for (std::uint64_t index = 0; index < 37; ++index)
    EXPECT_TRUE(verify_inclusion(leaves[index], index, 37, *prove_inclusion(*reader, index, 37), late.root));
  EXPECT_TRUE(verify_consistency(13, early.root, 37, late.root, *prove_consistency(*reader, 13, 37)));
  EXPECT_EQ(prove_inclusion(*reader, 37, 37).error().field, "index");
  EXPECT_EQ(prove_inclusion(*reader, 0, 38).error().field, "size");
  EXPECT_EQ(prove_consistency(*reader, 37, 13).error().field, "from");
}

TEST(LogTail, ReadsBackAndRefusesEveryOtherLength) {
  LogTail tail;
  for (int i = 0; i < 11; ++i) tail.tree.append(tail.last = leaf_hash(as_bytes(std::to_string(i))));
  Bytes bytes = encode_tail(tail);
  const auto again = decode_tail(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->tree, tail.tree);
  EXPECT_EQ(again->last, tail.last);
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_tail(ByteView(bytes).first(size)));
  bytes.push_back(0);
  EXPECT_FALSE(decode_tail(bytes));
}

}  // namespace
}  // namespace kaito::audit
