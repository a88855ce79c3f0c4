// The lines of an export other than records: header, withheld runs, checkpoints, end (docs/formats/audit.md). Each has
// one spelling; the parsers accept no other. Their errors are Code::integrity and name the byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/audit/merkle.hpp"
#include "appliance/audit/verifier_key.hpp"

namespace kaito::audit {

inline constexpr std::size_t kMaxKeys = 64;  // in a header
// Far above any log, far below where sums of sizes overflow.
inline constexpr std::uint64_t kMaxEntries = std::uint64_t{1} << 48;

struct ExportHeader {
  std::string origin;
  std::vector<VerifierKey> keys;
  Frontier tree;    // of the entries before the first one
  Hash previous{};  // leaf hash of the entry before the first; zeros when there is none
};

// Entries that are not shown: the subtree roots that carry the tree over them.
struct WithheldRun {
  std::uint64_t count = 0;
  std::vector<Hash> nodes;  // one for each of subtree_levels(size, size + count)
  Hash last{};              // leaf hash of the last of them, to which the next entry is linked
};

struct ExportEnd {
  std::uint64_t size = 0;
  Hash last{};  // leaf hash of the last entry
};

enum class LineKind : std::uint8_t { record, withheld, checkpoint, end, unknown };
LineKind kind_of(std::string_view line) noexcept;

// Without newlines.
std::string format_header(const ExportHeader& header);
std::string format_withheld(const WithheldRun& run);
std::string format_checkpoint(std::string_view note);
std::string format_end(const ExportEnd& end);

Result<ExportHeader> parse_header(std::string_view line);
Result<WithheldRun> parse_withheld(std::string_view line);
Result<std::string> parse_checkpoint_line(std::string_view line);  // the note
Result<ExportEnd> parse_end(std::string_view line);

}  // namespace kaito::audit
