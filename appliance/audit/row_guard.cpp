#include "appliance/audit/row_guard.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

namespace kaito::audit {
namespace {

constexpr std::string_view kKey = "row_sums";  // of the detail that bears the digest
// Its begin in a record; a quote within a value is escaped.
constexpr std::string_view kRowSumsMark = "\"row_sums\":\"";
constexpr std::uint64_t kRowsAtStart = 65'536;            // verified before anybody is served: a tenth of a second
constexpr std::uint64_t kRecordsBetweenAnchors = 65'536;  // so that a start reads few records
constexpr int kNice = 10;                                 // whoever waits for a code comes first
constexpr std::string_view kSums = "row_guard";

constexpr std::string_view kAdvice =
    "compare with a backup and with the log, put right what differs, then kaitod accept-rows";

Result<std::optional<store::KeptRowSums>> kept_sums(store::Store& store) {
  KAITO_TRY(const auto reader, store.snapshot());
  return reader->row_sums();
}

}  // namespace

RowGuard::RowGuard(store::Store& store, Journal& journal, const Clock& clock, Random& random, Logger& log,
                   OnAlteredRows mode)
    : store_(store), journal_(journal), clock_(clock), random_(random), log_(log), mode_(mode) {}

RowGuard::~RowGuard() = default;

Status RowGuard::open() {
  std::optional<store::KeptRowSums> kept;
  {
    KAITO_TRY(const auto reader, store_.snapshot());
    auto found = reader->row_sums();
    if (!found && found.error().code == Code::integrity) {
      raise(std::string(kSums), found.error().detail);
      return {};
    }
    KAITO_TRY(kept, std::move(found));
    if (kept) {
      KAITO_CHECK(check_anchor(*reader, *kept));
    } else {
      KAITO_TRY(const auto anchored, reader->first_audit_row_with(kRowSumsMark, 0));
      if (anchored) {
        raise(std::string(kSums),
              fmt::format("is empty, but record {} of the log bears its digest", anchored->sequence));
        return {};
      }
    }
  }
  if (!kept) return begin_or_wait();
  std::uint64_t rows = 0;
  for (; verified_at_start_ < store::kGuardedTableCount; ++verified_at_start_) {
    rows += kept->sums.at(verified_at_start_).rows;
    if (rows > kRowsAtStart) return {};
    KAITO_CHECK(verify_table(store::guarded_table(verified_at_start_), {}));
  }
  return {};
}

// A full volume, which takes no change, must not stop the start; anchor() tries again.
Status RowGuard::begin_or_wait() {
  auto begun = sync_wait(begin("rows.anchor"));
  if (begun || begun.error().code != Code::storage_full) return begun;
  log_.warning("rows.not_guarded", {{"error", begun.error()}});
  return {};
}

// The log's last anchor must be the one that the sums know. Older sums know an older one.
Status RowGuard::check_anchor(store::Reader& reader, const store::KeptRowSums& kept) {
  if (!kept.anchor) {
    raise(std::string(kSums), "names no record of the log");
    return {};
  }
  const auto bears = fmt::format("{}{}\"", kRowSumsMark, to_hex(kept.anchor->digest));
  KAITO_TRY(const auto named, reader.audit_rows({.from = kept.anchor->record, .limit = 1}));
  if (named.empty() || named.front().sequence != kept.anchor->record ||
      named.front().record.find(bears) == std::string::npos) {
    raise(std::string(kSums),
          fmt::format("is of another log: record {} does not bear its digest", kept.anchor->record));
    return {};
  }
  KAITO_TRY(const auto later, reader.first_audit_row_with(kRowSumsMark, kept.anchor->record + 1));
  if (later)
    raise(std::string(kSums),
          fmt::format("is older than the log: it knows record {}, and record {} bears a later digest",
                      kept.anchor->record, later->sequence));
  return {};
}

void RowGuard::start() { verify_from(verified_at_start_); }

void RowGuard::verify_again() { verify_from(0); }

void RowGuard::verify_from(std::size_t table) {
  thread_ = std::jthread([this, table](const std::stop_token& stop) {
    std::ignore = ::setpriority(PRIO_PROCESS, 0, kNice);  // Linux: of this thread
    for (std::size_t i = table; i < store::kGuardedTableCount; ++i) {
      const Status verified = verify_table(store::guarded_table(i), stop);
      if (verified) continue;
      if (!stop.stop_requested()) log_.error("rows.not_verified", {{"error", verified.error()}});
      return;
    }
    const std::lock_guard lock(mutex_);
    report_.complete = true;
    log_.info("rows.verified", {{"altered", report_.altered.size()}});
  });
}

Result<RowReport> RowGuard::verify(const std::stop_token& stop) {
  for (std::size_t i = 0; i < store::kGuardedTableCount; ++i) KAITO_CHECK(verify_table(store::guarded_table(i), stop));
  const std::lock_guard lock(mutex_);
  report_.complete = true;
  return report_;
}

// Rows and sums are of one snapshot, which holds up the checkpointing of the log for as long as one table takes.
Status RowGuard::verify_table(store::GuardedTable table, const std::stop_token& stop) {
  KAITO_TRY(const auto reader, store_.snapshot());
  const auto kept = reader->row_sums();
  if (!kept && kept.error().code != Code::integrity) return fail(kept.error());
  if (!kept || !*kept) return {};  // said before
  KAITO_TRY(const auto found, reader->compute_row_sum(table, stop));
  const store::RowSum& expected = (*kept)->sums.at(store::index_of(table));
  if (found != expected)
    raise(std::string(to_string(table)), fmt::format("{} rows are kept, {} were found", expected.rows, found.rows));
  return {};
}

void RowGuard::raise(std::string name, const std::string& finding) {
  {
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(report_.altered, name) != report_.altered.end()) return;
    report_.altered.push_back(name);
  }
  if (mode_ == OnAlteredRows::lock) locks_.store(true, std::memory_order_release);
  log_.error("rows.altered", {{"table", name}, {"finding", finding}, {"action", kAdvice}});
  Event altered = event("rows.altered");
  altered.outcome = Outcome::failed;
  altered.error = "integrity";
  altered.details = {{.key = "table", .value = std::move(name)}, {.key = "finding", .value = finding}};
  if (const auto recorded = sync_wait(journal_.record(std::move(altered))); !recorded)
    log_.error("rows.altered_not_recorded", {{"error", recorded.error()}});
}

Task<void> RowGuard::anchor() {
  // Sums that do not fit the log must not be written into it.
  if (!report().altered.empty()) co_return;
  const auto kept = kept_sums(store_);
  if (!kept) {
    log_.error("rows.not_anchored", {{"error", kept.error()}});
    co_return;
  }
  if (!*kept) {
    std::ignore = begin_or_wait();
    co_return;
  }
  const auto& last = (*kept)->anchor;
  if (last && last->digest == (*kept)->digest && journal_.size() - last->record < kRecordsBetweenAnchors) co_return;
  const auto anchored =
      co_await journal_.commit(event("rows.anchor"), [](store::Writer& writer, Event& record) -> Status {
        KAITO_TRY(const std::uint64_t sequence, writer.audit_size());
        KAITO_TRY(const auto digest, writer.row_sums_digest());
        record.details.push_back({.key = kKey, .value = to_hex(digest)});
        return writer.anchor_row_sums({.record = sequence, .digest = digest});
      });
  if (!anchored) log_.warning("rows.not_anchored", {{"error", anchored.error()}});
}

Task<Status> RowGuard::accept() { co_return co_await begin("rows.accept"); }

// Nobody waits for an answer here, so a journal that has given up waiting does not end it: the change is made, or not,
// when the writer has come to the next one.
Task<Status> RowGuard::begin(std::string_view action) {
  const auto report = this->report();
  const std::uint64_t size = journal_.size();
  Event begun = event(action);
  for (const auto& name : report.altered) begun.targets.push_back({.kind = "table", .id = name});
  auto done = co_await journal_.commit(std::move(begun), [](store::Writer& writer, Event& record) -> Status {
    KAITO_CHECK(writer.begin_row_sums());
    KAITO_TRY(const std::uint64_t sequence, writer.audit_size());
    KAITO_TRY(const auto digest, writer.row_sums_digest());
    record.details.push_back({.key = kKey, .value = to_hex(digest)});
    return writer.anchor_row_sums({.record = sequence, .digest = digest});
  });
  if (!done && done.error().code == Code::deadline_exceeded) {
    KAITO_CO_CHECK(co_await store_.write([](store::Writer&) { return Status{}; }, store::JobKind::change));
    KAITO_CO_TRY(const auto kept, kept_sums(store_));
    if (kept && kept->anchor && kept->anchor->record >= size) co_return finish_begin();
  }
  if (!done) co_return fail(std::move(done).error().within("the sums of the guarded tables"));
  co_return finish_begin();
}

Status RowGuard::finish_begin() {
  const std::lock_guard lock(mutex_);
  report_ = {.complete = true, .altered = {}};
  verified_at_start_ = store::kGuardedTableCount;
  locks_ = false;
  return {};
}

RowReport RowGuard::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

Event RowGuard::event(std::string_view action) const {
  Event made{.action = action, .actor = {.kind = ActorKind::system}};
  made.request = RequestId::make(clock_, random_);
  return made;
}

}  // namespace kaito::audit
