#include "appliance/audit/log_tail.hpp"

#include <bit>

#include "appliance/audit/record.hpp"

namespace kaito::audit {
namespace {

constexpr std::string_view kTailKey = "audit.tail";
constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kCheckedRows = 256;  // records whose text is checked at every start

std::unexpected<Error> damaged(std::uint64_t sequence, std::string_view what) {
  return fail(Code::integrity, fmt::format("audit record {}: {}", sequence, what));
}

Status check_row(const store::AuditRow& row, std::uint64_t sequence, const Hash* previous) {
  if (row.sequence != sequence) return damaged(sequence, "is missing");
  if (leaf_hash(as_bytes(row.record)) != row.leaf_hash) return damaged(sequence, "its text does not match its hash");
  const auto record = parse_record(row.record);
  if (!record) return damaged(sequence, record.error().detail);
  if (record->place.sequence != sequence) return damaged(sequence, "its text bears another number");
  if (previous != nullptr && record->place.previous != *previous)
    return damaged(sequence, "is not linked to the record before it");
  return {};
}

// The text, numbers and links of the last records, and what the tail says of them.
Status check_last_rows(store::Reader& reader, const LogTail& tail) {
  const std::uint64_t size = tail.tree.size();
  const std::uint64_t count = std::min(size, kCheckedRows);
  const std::uint64_t from = size - count;
  KAITO_TRY(const auto rows, reader.audit_rows({.from = from, .limit = static_cast<std::uint32_t>(count)}));
  constexpr Hash kNone{};
  const Hash* previous = from == 0 ? &kNone : nullptr;
  std::uint64_t sequence = from;
  for (const store::AuditRow& row : rows) {
    KAITO_CHECK(check_row(row, sequence++, previous));
    previous = &row.leaf_hash;
  }
  if (sequence != size) return damaged(sequence, "is missing");
  if (rows.back().leaf_hash != tail.last) return damaged(size - 1, "is not the one that was written last");

  const std::uint64_t leaves = std::uint64_t{1} << std::countr_zero(size);
  if (leaves > count) return {};
  Frontier last;
  for (const auto& row : std::span(rows).last(leaves)) last.append(row.leaf_hash);
  if (last.root() != tail.tree.peaks().back()) return damaged(size - leaves, "is not the one in the tree");
  return {};
}

Status check_checkpoint(const std::optional<store::AuditCheckpoint>& checkpoint, const Frontier& tree) {
  if (!checkpoint || checkpoint->tree_size < tree.size()) return {};
  if (checkpoint->tree_size > tree.size()) return damaged(tree.size(), "is missing, but a checkpoint covers it");
  if (checkpoint->root != tree.root()) return damaged(tree.size() - 1, "the tree is not the one that was signed");
  return {};
}

Result<LogTail> rebuild(store::Reader& reader, std::uint64_t size,
                        const std::optional<store::AuditCheckpoint>& checkpoint) {
  LogTail tail;
  while (tail.tree.size() < size) {
    const std::uint64_t from = tail.tree.size();
    KAITO_TRY(const auto hashes, reader.audit_leaf_hashes(from, std::min(size, from + kHashPage)));
    if (hashes.empty()) return damaged(from, "is missing");
    for (const Hash& hash : hashes) {
      tail.tree.append(hash);
      tail.last = hash;
      if (checkpoint && checkpoint->tree_size == tail.tree.size()) KAITO_CHECK(check_checkpoint(checkpoint, tail.tree));
    }
  }
  return tail;
}

}  // namespace

Bytes encode_tail(const LogTail& tail) {
  Bytes bytes;
  append_u8(bytes, kVersion);
  append_u64(bytes, tail.tree.size());
  append(bytes, tail.last);
  for (const Hash& peak : tail.tree.peaks()) append(bytes, peak);
  return bytes;
}

Result<LogTail> decode_tail(ByteView bytes) {
  ByteReader reader(bytes);
  KAITO_TRY(const std::uint8_t version, reader.u8());
  if (version != kVersion) return fail(Code::integrity, "audit tail of an unknown version");
  KAITO_TRY(const std::uint64_t size, reader.u64());
  KAITO_TRY(const ByteView last, reader.take(32));
  std::vector<Hash> peaks(static_cast<std::size_t>(std::popcount(size)));
  for (Hash& peak : peaks) {
    KAITO_TRY(const ByteView hash, reader.take(peak.size()));
    std::ranges::copy(hash, peak.begin());
  }
  KAITO_CHECK(reader.finish());
  LogTail tail;
  std::ranges::copy(last, tail.last.begin());
  KAITO_TRY(tail.tree, Frontier::from_peaks(size, std::move(peaks)));
  return tail;
}

Status store_tail(store::Writer& writer, const LogTail& tail) { return writer.put_meta(kTailKey, encode_tail(tail)); }

Result<LogTail> load_tail(store::Reader& reader, Logger& log) {
  KAITO_TRY(const std::uint64_t size, reader.audit_size());
  KAITO_TRY(const auto stored, reader.meta(kTailKey));
  KAITO_TRY(const auto checkpoint, reader.latest_checkpoint());
  LogTail tail;
  if (stored) {
    KAITO_TRY(tail, decode_tail(*stored));
  } else if (size > 0) {
    log.warning("audit.tail.rebuilt", {{"records", size}});
    KAITO_TRY(tail, rebuild(reader, size, checkpoint));
  }
  if (tail.tree.size() != size)
    return damaged(std::min(size, tail.tree.size()),
                   fmt::format("the log holds {} records, its tree {}", size, tail.tree.size()));
  KAITO_CHECK(check_checkpoint(checkpoint, tail.tree));
  if (size > 0) KAITO_CHECK(check_last_rows(reader, tail));
  return tail;
}

}  // namespace kaito::audit
