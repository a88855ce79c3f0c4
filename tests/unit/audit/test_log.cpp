#include "tests/unit/audit/test_log.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "appliance/store/sqlite/sqlite_store.hpp"

namespace kaito::audit {

Event event_number(std::uint64_t number, std::optional<OrgId> org) {
  return {.action = "seed.code.read",
          .actor = {.kind = ActorKind::member, .id = org_number(9).bytes(), .name = "ada"},
          .org = org,
          .peer = "192.0.2.7",
          .targets = {{"seed", "seed-" + std::to_string(number)}},
          .details = {{"number", std::to_string(number)}}};
}

OrgId org_number(std::uint8_t number) { return OrgId({1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 0, 0, 0, 0, 0, 0, number}); }

TestLog::TestLog() {
  std::string name = (std::filesystem::temp_directory_path() / "kaito-audit-XXXXXX").string();
  KAITO_INVARIANT(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  const Status opened = reopen();
  EXPECT_TRUE(opened) << opened.error().describe();
}

TestLog::~TestLog() {
  close();
  std::filesystem::remove_all(directory_);
}

void TestLog::close() {
  store.reset();
  journal.reset();
}

Status TestLog::reopen(const Decorate& decorate, Milliseconds deadline) {
  close();
  KAITO_TRY(store, store::sqlite::open_store(database(), {.reserve_bytes = 0}, logger));
  if (decorate) store = decorate(std::move(store));
  KAITO_TRY(journal, Journal::open(*store, kOrigin, clock, logger, deadline));
  return {};
}

void TestLog::add(std::uint64_t count, std::optional<OrgId> org) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto receipt = sync_wait(journal->record(event_number(added_++, org)));
    ASSERT_TRUE(receipt) << receipt.error().describe();
  }
}

std::string TestLog::checkpoint() {
  const auto made = sync_wait(journal->checkpoint(signer));
  if (!made || !*made) return "";
  return (*made)->note;
}

std::vector<std::string> TestLog::export_lines(const ExportRange& range) {
  std::vector<std::string> lines;
  auto exporter = Exporter::open(*store, kOrigin, range);
  EXPECT_TRUE(exporter);
  for (;;) {
    const auto text = exporter->next();
    EXPECT_TRUE(text);
    if (!text || text->empty()) return lines;
    for (std::size_t begin = 0; begin < text->size();) {
      const auto end = text->find('\n', begin) + 1;
      lines.push_back(text->substr(begin, end - begin));
      begin = end;
    }
  }
}

void TestLog::tamper(const std::string& sql) {
  close();
  sqlite3* database_handle = nullptr;
  ASSERT_EQ(sqlite3_open(database().c_str(), &database_handle), SQLITE_OK);
  const std::string all =
      "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; " + sql +
      ";CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit records never change'); "
      "END;CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit records are never "
      "removed'); END;";
  EXPECT_EQ(sqlite3_exec(database_handle, all.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database_handle);
  sqlite3_close(database_handle);
}

VerifierKey TestLog::key() const { return *VerifierKey::make(kOrigin, signer.public_key()); }

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line;
  return text;
}

Result<VerifyReport> verify_text(std::string text, const VerifyOptions& options) {
  // Short reads, so that lines fall apart at every place.
  return verify_export(
      [rest = std::move(text), at = std::size_t{0}](std::span<char> out) mutable -> Result<std::size_t> {
        const std::size_t count = std::min({out.size(), rest.size() - at, std::size_t{97}});
        std::memcpy(out.data(), rest.data() + at, count);
        at += count;
        return count;
      },
      options);
}

Result<VerifyReport> verify_lines(const std::vector<std::string>& lines, const VerifyOptions& options) {
  return verify_text(joined(lines), options);
}

}  // namespace kaito::audit
