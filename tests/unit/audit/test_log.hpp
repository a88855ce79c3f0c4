// A log on a real SQLite store in a directory of its own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "appliance/audit/export.hpp"
#include "appliance/audit/journal.hpp"
#include "appliance/audit/verify.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/unit/audit/software_signer.hpp"

namespace kaito::audit {

inline constexpr const char* kOrigin = "kaito.test/audit/1";

class DiscardSink final : public LogSink {
 public:
  void write(LogLevel, std::string_view) override {}
};

Event event_number(std::uint64_t number, std::optional<OrgId> org = {});
OrgId org_number(std::uint8_t number);

class TestLog {
 public:
  // Puts `decorate(store)` between the journal and the store.
  using Decorate = std::function<std::unique_ptr<store::Store>(std::unique_ptr<store::Store>)>;

  TestLog();
  ~TestLog();
  TestLog(const TestLog&) = delete;
  TestLog& operator=(const TestLog&) = delete;

  // Store and journal anew on the same file.
  Status reopen(const Decorate& decorate = {}, Milliseconds deadline = kAuditDeadline);
  void close();

  void add(std::uint64_t count, std::optional<OrgId> org = {});
  // Signs the head and returns its note.
  std::string checkpoint();
  [[nodiscard]] std::vector<std::string> export_lines(const ExportRange& range = {});
  // Runs SQL on the closed database, as somebody with the disk in his hands would.
  void tamper(const std::string& sql);

  [[nodiscard]] VerifierKey key() const;
  [[nodiscard]] std::filesystem::path database() const { return directory_ / "kaito.db"; }

  test::ManualClock clock;
  DiscardSink sink;
  Logger logger{sink, clock};
  SoftwareSigner signer{1};
  std::unique_ptr<Journal> journal;  // ends after the store
  std::unique_ptr<store::Store> store;

 private:
  std::filesystem::path directory_;
  std::uint64_t added_ = 0;
};

// The lines of an export with their newlines.
std::string joined(const std::vector<std::string>& lines);
Result<VerifyReport> verify_text(std::string text, const VerifyOptions& options = {});
Result<VerifyReport> verify_lines(const std::vector<std::string>& lines, const VerifyOptions& options = {});

}  // namespace kaito::audit
