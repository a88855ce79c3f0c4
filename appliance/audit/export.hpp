// Exports: the log, or an org's part of it, as JSON lines that `verify_export` proves offline (docs/formats/audit.md).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "appliance/audit/export_lines.hpp"
#include "appliance/store/store.hpp"

namespace kaito::audit {

struct ExportRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> end;  // exclusive; absent: all there is when the export starts
  // Only this org's records are shown. The others are withheld: hashes stand for them, so that the rest still proves.
  std::optional<OrgId> org;
};

// Makes an export page by page, in bounded memory, each page from a snapshot of its own: the log only grows, so the
// pages fit together. Not thread-safe.
class Exporter {
 public:
  // Code::invalid_request when the range does not lie within the log. Reads the leaf hashes before `first`, so the cost
  // grows with it.
  static Result<Exporter> open(store::Store& store, std::string origin, const ExportRange& range);

  // The next lines, each with its newline; empty after the last. A record that the store has lost is left out, for the
  // verifier to name; within what is withheld it is Code::integrity.
  Result<std::string> next();

 private:
  Exporter(store::Store& store, const ExportRange& range, ExportHeader header, std::uint64_t end);
  Status page(store::Reader& reader, std::string& out);
  Status advance(store::Reader& reader, std::uint64_t until, std::string& out);
  Status withhold(store::Reader& reader, std::uint64_t until, std::string& out);

  enum class Stage : std::uint8_t { header, entries, finished };
  store::Store* store_;
  ExportHeader header_;
  std::optional<OrgId> org_;
  std::uint64_t end_;
  Stage stage_ = Stage::header;
  std::uint64_t position_;            // the next entry
  Hash last_;                         // leaf hash of the entry before it
  std::uint64_t next_checkpoint_;     // smallest size of a checkpoint that was not written yet
  std::deque<store::AuditRow> rows_;  // read, not written yet
};

}  // namespace kaito::audit
