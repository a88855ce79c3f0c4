#include "appliance/audit/export.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/unit/audit/test_log.hpp"

namespace kaito::audit {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::size_t count_of(const std::vector<std::string>& lines, std::string_view start) {
  return static_cast<std::size_t>(
      std::ranges::count_if(lines, [start](const std::string& line) { return line.starts_with(start); }));
}

TEST(Export, S10VerifiesOfflineWithNothingButTheKey) {
  TestLog log;
  for (int i = 0; i < 5; ++i) {
    log.add(10);
    log.checkpoint();
  }
  log.add(3);
  const auto lines = log.export_lines();
  EXPECT_EQ(count_of(lines, R"({"v":)"), 53U);
  EXPECT_EQ(count_of(lines, R"({"checkpoint":)"), 5U);
  const auto report = verify_lines(lines, {.pinned = {log.key()}});
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_TRUE(report->ok()) << report->failure->what;
  EXPECT_TRUE(report->pinned);
  EXPECT_EQ(report->origin, kOrigin);
  EXPECT_EQ(report->size, 53U);
  EXPECT_EQ(report->covered, 50U);  // the last three are not signed yet
  EXPECT_EQ(report->checkpoints, 5U);
  EXPECT_EQ(open_note(report->latest_note, std::vector{log.key()})->checkpoint.size, 50U);
}

TEST(Export, VerifiesFromAFile) {
  TestLog log;
  log.add(5);
  log.checkpoint();
  const auto path = log.database().parent_path() / "export.jsonl";
  std::ofstream(path) << joined(log.export_lines());
  const auto report = verify_export_file(path, {.pinned = {log.key()}});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok());
  EXPECT_FALSE(verify_export_file(path.parent_path() / "absent", {}));
}

TEST(Export, SaysThatItsOwnKeysProveLess) {
  TestLog log;
  log.add(5);
  log.checkpoint();
  const auto report = verify_lines(log.export_lines());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok());
  EXPECT_FALSE(report->pinned);
  ASSERT_EQ(report->keys.size(), 1U);
  EXPECT_EQ(report->keys[0], log.key());
}

TEST(Export, AnEmptyLogVerifies) {
  TestLog log;
  const auto lines = log.export_lines();
  EXPECT_EQ(lines.size(), 2U);
  const auto report = verify_lines(lines, {.pinned = {log.key()}});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok()) << report->failure->what;
  EXPECT_EQ(report->size, 0U);
}

TEST(Export, EveryPartVerifies) {
  TestLog log;
  for (int i = 0; i < 4; ++i) {
    log.add(5);
    log.checkpoint();
  }
  for (std::uint64_t first = 0; first <= 20; ++first)
    for (std::uint64_t end = first; end <= 20; ++end) {
      const auto report = verify_lines(log.export_lines({.first = first, .end = end}), {.pinned = {log.key()}});
      ASSERT_TRUE(report);
      ASSERT_TRUE(report->ok()) << first << " to " << end << ": " << report->failure->what;
      EXPECT_EQ(report->first, first);
      EXPECT_EQ(report->size, end);
      EXPECT_EQ(report->covered, std::max(first, end / 5 * 5));
    }
}

TEST(Export, RefusesARangeOutsideTheLog) {
  TestLog log;
  log.add(5);
  EXPECT_EQ(Exporter::open(*log.store, kOrigin, {.first = 6}).error().field, "first");
  EXPECT_EQ(Exporter::open(*log.store, kOrigin, {.first = 0, .end = 6}).error().field, "end");
  EXPECT_EQ(Exporter::open(*log.store, kOrigin, {.first = 4, .end = 3}).error().field, "first");
}

TEST(Export, AnOrgsPartShowsNoOtherRecordAndStillProvesItself) {
  TestLog log;
  for (std::uint64_t i = 0; i < 40; ++i) {
    log.add(i % 7, org_number(1));
    log.add(i % 3, org_number(2));
    log.add(1);
    if (i % 9 == 0) log.checkpoint();
  }
  log.checkpoint();
  const auto lines = log.export_lines({.org = org_number(2)});
  const std::string text = joined(lines);
  EXPECT_THAT(text, Not(HasSubstr(org_number(1).str())));
  EXPECT_EQ(count_of(lines, R"({"v":)"), 39U);
  const auto report = verify_text(text, {.pinned = {log.key()}});
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->ok()) << report->failure->what;
  EXPECT_EQ(report->size, log.journal->size());
  EXPECT_EQ(report->covered, log.journal->size());
  EXPECT_EQ(report->withheld, log.journal->size() - 39);
}

TEST(Export, AnOrgWithoutRecordsGetsNothingButHashes) {
  TestLog log;
  log.add(100, org_number(1));
  log.checkpoint();
  const auto lines = log.export_lines({.org = org_number(3)});
  EXPECT_EQ(lines.size(), 4U);
  EXPECT_TRUE(verify_lines(lines, {.pinned = {log.key()}})->ok());
}

TEST(Export, GoesThroughManyPagesAndCheckpoints) {
  TestLog log;
  for (int i = 0; i < 150; ++i) {
    log.add(4);
    log.checkpoint();
  }
  const auto lines = log.export_lines();
  EXPECT_EQ(lines.size(), 752U);
  const auto report = verify_lines(lines, {.pinned = {log.key()}});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok()) << report->failure->what;
  EXPECT_EQ(report->checkpoints, 150U);
  const auto part = verify_lines(log.export_lines({.first = 333, .org = org_number(1)}), {.pinned = {log.key()}});
  EXPECT_TRUE(part->ok()) << part->failure->what;
}

TEST(Export, GoesOnPastRecordsThatTheStoreHasLost) {
  TestLog log;
  log.add(600);
  log.checkpoint();
  log.close();
  log.tamper("DELETE FROM audit WHERE sequence BETWEEN 100 AND 500");
  log.store = *store::sqlite::open_store(log.database(), {.reserve_bytes = 0}, log.logger);
  const auto lines = log.export_lines();
  EXPECT_EQ(count_of(lines, R"({"v":)"), 199U);
  const auto report = verify_lines(lines, {.pinned = {log.key()}});
  ASSERT_FALSE(report->ok());
  EXPECT_EQ(report->failure->finding, Finding::missing);
  EXPECT_EQ(report->failure->sequence, 100U);
}

TEST(Export, VerifiesAcrossAChangeOfTheSigningKey) {
  TestLog log;
  log.add(5);
  log.checkpoint();
  SoftwareSigner second(7, 2);
  log.add(5);
  ASSERT_TRUE(sync_wait(log.journal->checkpoint(second)));
  const VerifierKey second_key = *VerifierKey::make(kOrigin, second.public_key());
  const auto lines = log.export_lines();
  EXPECT_TRUE(verify_lines(lines)->ok());
  const auto report = verify_lines(lines, {.pinned = {second_key, log.key()}});
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(report->keys.size(), 2U);
  const auto one = verify_lines(lines, {.pinned = {log.key()}});
  ASSERT_FALSE(one->ok());
  EXPECT_EQ(one->failure->finding, Finding::untrusted);
}

TEST(Export, IsRefusedWhenItIsNone) {
  for (const char* text : {"", "\n", "hello\n", "{\"format\":\"kaito-audit-export\",\"v\":2}\n"}) {
    const auto report = verify_text(text);
    ASSERT_FALSE(report) << text;
    EXPECT_EQ(report.error().code, Code::invalid_request);
  }
}

TEST(Export, MemoryIsBoundedByTheLongestLine) {
  TestLog log;
  log.add(2);
  auto lines = log.export_lines();
  std::string head = lines[0] + lines[1];
  std::uint64_t given = 0;
  const auto report = verify_export(
      [&](std::span<char> out) -> Result<std::size_t> {
        if (!head.empty()) {
          const std::size_t count = head.copy(out.data(), out.size());
          head.erase(0, count);
          return count;
        }
        EXPECT_LT(given, 4U << 20) << "it reads on after the longest line there can be";
        std::ranges::fill(out, 'x');
        given += out.size();
        return out.size();
      },
      {});
  ASSERT_TRUE(report);
  ASSERT_FALSE(report->ok());
  EXPECT_EQ(report->failure->line, 3U);
}

}  // namespace
}  // namespace kaito::audit
