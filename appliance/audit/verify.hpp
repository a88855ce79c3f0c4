// Offline verification of an export. Needs nothing but the file and, to be worth something, a verifier key that the
// operator got by another way than the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "appliance/audit/checkpoint.hpp"
#include "appliance/audit/line_reader.hpp"

namespace kaito::audit {

enum class Finding : std::uint8_t {
  malformed,   // a line is not what an exporter writes
  changed,     // an entry is not the one that its successor, or the last line, was linked to
  missing,     // an entry is not there, or not in its place
  repeated,    // two entries claim one number
  rewritten,   // the entries link up but are not those that a checkpoint signed
  cut,         // a checkpoint covers more entries than there are
  untrusted,   // a checkpoint is not signed by a trusted key, or its signature is wrong
  incomplete,  // the file ends before its last line
};
std::string_view to_string(Finding finding) noexcept;

struct Failure {
  Finding finding = Finding::malformed;
  // The first bad entry; when the file cannot tell which one it is, it lies in [sequence, until).
  std::uint64_t sequence = 0;
  std::uint64_t until = 0;
  std::uint64_t line = 0;  // of the file, from 1; 0 when the finding is about no line
  std::string what;        // for people
};

struct VerifyReport {
  std::string origin;
  std::vector<VerifierKey> keys;        // that checkpoints were verified with
  bool pinned = false;                  // the keys are the caller's, not those that the file names itself
  std::uint64_t first = 0;              // first entry of the export
  std::uint64_t size = 0;               // size of the tree at its end
  std::uint64_t withheld = 0;           // entries that the export does not show
  std::uint64_t checkpoints = 0;        // verified, in the file
  std::uint64_t covered = 0;            // entries before this are vouched for by a checkpoint; `first` when none is
  std::string latest_note;              // the last verified one; keep it for the next verification's `earlier`
  std::uint64_t earlier_checked = 0;    // checkpoints of the caller that the file was found to agree with
  std::uint64_t earlier_unchecked = 0;  // and those before `first` or within a withheld run: the file cannot tell
  std::optional<Failure> failure;       // absent: everything that could be checked is right

  [[nodiscard]] bool ok() const noexcept { return !failure; }
};

struct VerifyOptions {
  // Of all key versions that signed the log. Empty: the keys in the file's header are used, which proves only that the
  // file fits itself (or, with an earlier checkpoint, that it is of the log which that one is of).
  std::vector<VerifierKey> pinned;
  // Signed notes that the operator or a witness kept. A log that was cut or rewritten does not agree with them (a split
  // view). They must verify under the same keys as the file.
  std::vector<std::string> earlier;
};

// Streams: memory is bounded whatever the file's size. An error only when the input cannot be read or is no export, or
// an option is wrong; what is wrong with the log itself is in the report.
Result<VerifyReport> verify_export(ReadBytes read, const VerifyOptions& options);
Result<VerifyReport> verify_export_file(const std::filesystem::path& path, const VerifyOptions& options);

}  // namespace kaito::audit
