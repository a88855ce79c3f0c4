#include "appliance/audit/export_verifier.hpp"

namespace kaito::audit {
namespace {

Result<std::vector<Checkpoint>> open_earlier(const std::vector<std::string>& notes,
                                             std::span<const VerifierKey> trusted) {
  std::vector<Checkpoint> earlier;
  for (const std::string& note : notes) {
    KAITO_TRY(auto opened, open_note(note, trusted));
    earlier.push_back(std::move(opened.checkpoint));
  }
  std::ranges::sort(earlier, {}, &Checkpoint::size);
  return earlier;
}

}  // namespace

Result<ExportVerifier> ExportVerifier::begin(std::string_view header_line, const VerifyOptions& options) {
  auto header = parse_header(header_line);
  if (!header) return kaito::fail(Code::invalid_request, "not an audit export: " + header.error().detail);
  ExportVerifier verifier;
  VerifyReport& report = verifier.report_;
  report.origin = std::move(header->origin);
  report.pinned = !options.pinned.empty();
  report.first = report.size = report.covered = header->tree.size();
  verifier.trusted_ = report.pinned ? options.pinned : std::move(header->keys);
  verifier.tree_ = std::move(header->tree);
  verifier.last_ = header->previous;
  auto earlier = open_earlier(options.earlier, verifier.trusted_);
  if (!earlier && earlier.error().code != Code::integrity) return kaito::fail(std::move(earlier).error());
  if (!earlier) {
    verifier.fail(Finding::untrusted, report.first, report.first, "an earlier checkpoint: " + earlier.error().detail);
    return verifier;
  }
  verifier.earlier_ = *std::move(earlier);
  verifier.check_earlier();
  return verifier;
}

void ExportVerifier::line(std::string_view line) {
  ++line_;
  if (failed()) return;
  if (ended_) return fail(Finding::malformed, tree_.size(), tree_.size() + 1, "something follows the last line");
  switch (kind_of(line)) {
    case LineKind::record: return record(line);
    case LineKind::withheld: return withheld(line);
    case LineKind::checkpoint: return checkpoint(line);
    case LineKind::end: return end(line);
    case LineKind::unknown: break;
  }
  if (suspect_) return resolve(nullptr);
  fail(Finding::malformed, tree_.size(), tree_.size() + 1, "this line is none of an export");
}

void ExportVerifier::broken_line(std::string_view why) {
  ++line_;
  if (failed()) return;
  if (suspect_) return resolve(nullptr);
  fail(ended_ ? Finding::malformed : Finding::incomplete, tree_.size(), tree_.size() + 1, std::string(why));
}

void ExportVerifier::finish() {
  if (failed()) return;
  if (suspect_) return resolve(nullptr);
  line_ = 0;
  const std::uint64_t size = tree_.size();
  if (!ended_) return fail(Finding::incomplete, size, size + 1, "the file ends before its last line");
  if (next_earlier_ < earlier_.size())
    fail(Finding::cut, size, earlier_.back().size,
         fmt::format("an earlier checkpoint covers {} entries, here are {}", earlier_.back().size, size));
}

void ExportVerifier::record(std::string_view text) {
  const auto parsed = parse_record(text);
  if (suspect_) return resolve(parsed && parsed->place.sequence == tree_.size() ? &parsed->place.previous : nullptr);
  if (!parsed)
    return fail(Finding::malformed, tree_.size(), tree_.size() + 1,
                fmt::format("entry {} is no record: {}", tree_.size(), parsed.error().detail));
  if (!in_place(parsed->place.sequence)) return;
  check_link(parsed->place.previous);
  if (failed()) return;
  const Hash hash = leaf_hash(as_bytes(text));
  tree_.append(hash);
  grown(hash);
}

bool ExportVerifier::in_place(std::uint64_t sequence) {
  const std::uint64_t expected = tree_.size();
  if (sequence == expected) return true;
  if (sequence + 1 == expected)
    fail(Finding::repeated, sequence, sequence + 1, fmt::format("two entries claim to be entry {}", sequence));
  else
    fail(Finding::missing, expected, expected + 1,
         fmt::format("entry {} is not there; entry {} stands in its place", expected, sequence));
  return false;
}

// A broken link accuses the entry before it, unless that one is vouched for; but the link itself may have been edited.
// Whether the next entry's link fits tells the two apart.
void ExportVerifier::check_link(const Hash& previous) {
  if (previous == last_) return;
  const std::uint64_t here = tree_.size();
  if (report_.covered == here)
    return fail(Finding::changed, here, here + 1,
                fmt::format("entry {} was changed: it is not linked to the one before it", here));
  suspect_ = Failure{.finding = Finding::changed, .sequence = here - 1, .until = here + 1, .line = line_};
}

void ExportVerifier::grown(const Hash& last) {
  last_ = last;
  report_.size = tree_.size();
  check_earlier();
}

void ExportVerifier::withheld(std::string_view text) {
  if (suspect_) return resolve(nullptr);
  const std::uint64_t begin = tree_.size();
  const auto run = parse_withheld(text);
  if (!run) return fail(Finding::malformed, begin, begin + 1, "a withheld run: " + run.error().detail);
  const auto levels = run->count <= kMaxEntries && begin <= kMaxEntries ? subtree_levels(begin, begin + run->count)
                                                                        : std::vector<unsigned>();
  if (levels.empty() || levels.size() != run->nodes.size() || (levels.back() == 0 && run->nodes.back() != run->last))
    return fail(Finding::malformed, begin, begin + 1, "a withheld run whose hashes do not fit its length");
  for (std::size_t i = 0; i < levels.size(); ++i) tree_.append_subtree(levels[i], run->nodes[i]);
  report_.withheld += run->count;
  grown(run->last);
}

void ExportVerifier::checkpoint(std::string_view text) {
  if (suspect_) return;
  const std::uint64_t size = tree_.size();
  const auto note = parse_checkpoint_line(text);
  if (!note) return fail(Finding::malformed, size, size + 1, "a checkpoint: " + note.error().detail);
  auto opened = open_note(*note, trusted_);
  if (!opened)
    return fail(opened.error().code == Code::integrity ? Finding::untrusted : Finding::malformed, report_.covered, size,
                opened.error().detail);
  const Checkpoint& head = opened->checkpoint;
  if (head.origin != report_.origin)
    return fail(Finding::untrusted, report_.covered, size, "a checkpoint is of another log: " + head.origin);
  if (head.size > size)
    return fail(Finding::cut, size, head.size,
                fmt::format("a checkpoint covers {} entries, before it are {}", head.size, size));
  if (head.size < size)
    return fail(Finding::rewritten, report_.covered, size,
                fmt::format("a checkpoint of {} entries stands after {}", head.size, size));
  check_head(head);
  if (failed() || suspect_) return;
  ++report_.checkpoints;
  if (std::ranges::find(report_.keys, opened->key) == report_.keys.end()) report_.keys.push_back(opened->key);
  report_.latest_note = *note;
}

void ExportVerifier::check_earlier() {
  for (; next_earlier_ < earlier_.size() && earlier_[next_earlier_].size <= tree_.size(); ++next_earlier_) {
    // Before the first entry, or within a withheld run: the root at that size cannot be told.
    if (earlier_[next_earlier_].size < tree_.size()) {
      ++report_.earlier_unchecked;
      continue;
    }
    check_head(earlier_[next_earlier_]);
    if (failed() || suspect_) return;
    ++report_.earlier_checked;
  }
}

void ExportVerifier::check_head(const Checkpoint& head) {
  if (tree_.root() == head.root) {
    report_.covered = head.size;
    return;
  }
  if (report_.covered == head.size)
    return fail(Finding::rewritten, report_.first, head.size,
                fmt::format("two signed checkpoints of {} entries do not agree: a split view", head.size));
  if (suspect_) return;
  suspect_ = Failure{.finding = Finding::rewritten, .sequence = report_.covered, .until = head.size, .line = line_};
}

void ExportVerifier::end(std::string_view text) {
  const std::uint64_t size = tree_.size();
  const auto end = parse_end(text);
  if (suspect_) return resolve(end && end->size == size ? &end->last : nullptr);
  if (!end) return fail(Finding::malformed, size, size + 1, "the last line: " + end.error().detail);
  if (end->size > size)
    return fail(Finding::missing, size, end->size, fmt::format("entries {} to {} are not there", size, end->size - 1));
  if (end->size < size)
    return fail(Finding::malformed, end->size, size, "there are more entries than the last line counts");
  if (end->last != last_) {
    if (report_.covered == size) return fail(Finding::malformed, size, size + 1, "the last line was changed");
    return fail(Finding::changed, size - 1, size, fmt::format("entry {}, the last one, was changed", size - 1));
  }
  ended_ = true;
}

// `link` is the leaf hash that the entry after the suspect, or the last line, names for the one before it.
void ExportVerifier::resolve(const Hash* link) {
  Failure failure = *std::exchange(suspect_, std::nullopt);
  const bool fits = link != nullptr && *link == last_;
  if (failure.finding == Finding::changed && fits) failure.until = failure.sequence + 1;
  if (failure.finding == Finding::rewritten && link != nullptr && !fits)
    failure = {
        .finding = Finding::changed, .sequence = failure.until - 1, .until = failure.until, .line = failure.line};

  if (failure.finding == Finding::rewritten)
    failure.what = fmt::format("entries {} to {} are not those that were signed", failure.sequence, failure.until - 1);
  else if (failure.until == failure.sequence + 1)
    failure.what = fmt::format("entry {} was changed: its successor is linked to another text", failure.sequence);
  else
    failure.what =
        fmt::format("entry {} or entry {} was changed: they are not linked", failure.sequence, failure.until - 1);
  report_.failure = std::move(failure);
}

void ExportVerifier::fail(Finding finding, std::uint64_t sequence, std::uint64_t until, std::string what) {
  report_.failure = Failure{finding, sequence, std::max(until, sequence + 1), line_, std::move(what)};
}

}  // namespace kaito::audit
