// Exports: the log, or an org's part of it, as JSON lines that `verify_export` proves offline (docs/formats/audit.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "appliance/audit/merkle.hpp"
#include "appliance/audit/verifier_key.hpp"
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
  // Code::invalid_request when the range does not lie within the log. `keys` are the verifier keys of all the key
  // versions that signed checkpoints of this log.
  static Result<Exporter> open(store::Store& store, std::string origin, std::vector<VerifierKey> keys,
                               const ExportRange& range);

  // The next lines, each with its newline; empty after the last.
  Result<std::string> next();

 private:
  Exporter(store::Store& store, std::string origin, std::vector<VerifierKey> keys, std::optional<OrgId> org,
           std::uint64_t end);
  enum class Stage : std::uint8_t { header, records, finished };
  std::string header(std::uint64_t first) const;
  Status page(store::Reader& reader, std::string& out);
  Status withhold(store::Reader& reader, std::uint64_t until, std::string& out);
  void show(const store::AuditRow& row, std::string& out);

  store::Store* store_;
  std::string origin_;
  std::vector<VerifierKey> keys_;
  std::optional<OrgId> org_;
  std::uint64_t end_ = 0;
  Stage stage_ = Stage::header;
  Frontier tree_;  // of what has been written
  Hash previous_{};
};

}  // namespace kaito::audit
