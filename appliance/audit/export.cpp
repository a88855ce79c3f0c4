#include "appliance/audit/export.hpp"

#include "appliance/audit/known_keys.hpp"
#include "appliance/audit/proof.hpp"

namespace kaito::audit {
namespace {

constexpr std::uint32_t kRows = 256;         // records read at once
constexpr std::uint32_t kCheckpoints = 64;   // checkpoints read at once
constexpr std::uint64_t kEntries = 1 << 16;  // entries passed over in one page, shown or withheld

// The frontier of the first `size` entries.
Result<Frontier> frontier_at(store::Reader& reader, std::uint64_t size) {
  Frontier tree;
  for (const unsigned level : subtree_levels(0, size)) {
    const std::uint64_t begin = tree.size();
    KAITO_TRY(const Hash root, subtree_root(reader, {begin, begin + (std::uint64_t{1} << level)}));
    tree.append_subtree(level, root);
  }
  return tree;
}

Result<Hash> leaf_hash_of(store::Reader& reader, std::uint64_t sequence) {
  KAITO_TRY(const auto hashes, reader.audit_leaf_hashes(sequence, sequence + 1));
  if (hashes.size() != 1) return fail(Code::integrity, fmt::format("audit record {} is missing", sequence));
  return hashes.front();
}

}  // namespace

Exporter::Exporter(store::Store& store, const ExportRange& range, ExportHeader header, std::uint64_t end)
    : store_(&store),
      header_(std::move(header)),
      org_(range.org),
      end_(end),
      position_(range.first),
      last_(header_.previous),
      next_checkpoint_(range.first) {}

Result<Exporter> Exporter::open(store::Store& store, std::string origin, const ExportRange& range) {
  KAITO_TRY(const auto reader, store.snapshot());
  KAITO_TRY(const std::uint64_t size, reader->audit_size());
  const std::uint64_t end = range.end.value_or(size);
  if (end > size) return fail_invalid("end", fmt::format("must be at most {}", size));
  if (range.first > end) return fail_invalid("first", fmt::format("must be at most {}", end));
  ExportHeader header{.origin = std::move(origin)};
  KAITO_TRY(header.keys, known_keys(*reader));
  if (header.keys.size() > kMaxKeys) header.keys.erase(header.keys.begin(), header.keys.end() - kMaxKeys);
  KAITO_TRY(header.tree, frontier_at(*reader, range.first));
  if (range.first > 0) {
    KAITO_TRY(header.previous, leaf_hash_of(*reader, range.first - 1));
  }
  return Exporter(store, range, std::move(header), end);
}

Result<std::string> Exporter::next() {
  std::string out;
  switch (stage_) {
    case Stage::header:
      out = format_header(header_) + '\n';
      stage_ = Stage::entries;
      return out;
    case Stage::entries: {
      KAITO_TRY(const auto reader, store_->snapshot());
      // A page is empty when the store has lost all of its records; the end of the export is told by an empty text.
      while (out.empty() && position_ < end_) KAITO_CHECK(page(*reader, out));
      if (position_ < end_) return out;
      out += format_end({position_, last_}) + '\n';
      stage_ = Stage::finished;
      return out;
    }
    case Stage::finished: return out;
  }
  return out;
}

// Checkpoints stand right after the last entry that they cover, so that the verifier needs one pass and one frontier.
Status Exporter::page(store::Reader& reader, std::string& out) {
  std::uint64_t until = std::min(end_, position_ + kEntries);
  const store::AuditFilter filter{.org = org_, .from = position_, .until = until, .limit = kRows};
  KAITO_TRY(auto rows, reader.audit_rows(filter));
  if (rows.size() == kRows) until = rows.back().sequence + 1;
  rows_.assign(std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));

  KAITO_TRY(const auto checkpoints, reader.checkpoints(next_checkpoint_, kCheckpoints));
  for (const auto& checkpoint : checkpoints) {
    if (checkpoint.tree_size > until) break;
    KAITO_CHECK(advance(reader, checkpoint.tree_size, out));
    out += format_checkpoint(checkpoint.note) + '\n';
    next_checkpoint_ = checkpoint.tree_size + 1;
  }
  const bool more_checkpoints = checkpoints.size() == kCheckpoints && checkpoints.back().tree_size <= until;
  if (more_checkpoints) return {};  // the next page goes on from the last of them
  return advance(reader, until, out);
}

Status Exporter::advance(store::Reader& reader, std::uint64_t until, std::string& out) {
  while (!rows_.empty() && rows_.front().sequence < until) {
    const store::AuditRow& row = rows_.front();
    if (org_) KAITO_CHECK(withhold(reader, row.sequence, out));
    (out += row.record) += '\n';
    position_ = row.sequence + 1;
    last_ = row.leaf_hash;
    rows_.pop_front();
  }
  if (org_) return withhold(reader, until, out);
  position_ = std::max(position_, until);
  return {};
}

Status Exporter::withhold(store::Reader& reader, std::uint64_t until, std::string& out) {
  if (position_ >= until) return {};
  WithheldRun run{.count = until - position_};
  for (const unsigned level : subtree_levels(position_, until)) {
    const std::uint64_t end = position_ + (std::uint64_t{1} << level);
    KAITO_TRY(const Hash root, subtree_root(reader, {position_, end}));
    run.nodes.push_back(root);
    position_ = end;
  }
  KAITO_TRY(run.last, leaf_hash_of(reader, until - 1));
  last_ = run.last;
  out += format_withheld(run) + '\n';
  return {};
}

}  // namespace kaito::audit
