#include "appliance/audit/journal.hpp"

#include <mutex>

#include "appliance/audit/checkpoint.hpp"
#include "appliance/audit/known_keys.hpp"
#include "appliance/audit/log_tail.hpp"
#include "appliance/audit/record.hpp"
#include "appliance/audit/wait_limit.hpp"

namespace kaito::audit {

struct Journal::State {
  explicit State(Milliseconds deadline) : limit(deadline) {}

  LogTail pending;  // with the records of the running batch; the writer thread's
  mutable std::mutex mutex;
  LogTail committed;               // guarded by mutex
  std::uint64_t checkpointed = 0;  // size of the last checkpoint; guarded by mutex
  std::atomic_flag signing;
  WaitLimit limit;
};

Journal::Journal(store::Store& store, std::string origin, const Clock& clock, Logger& log, std::unique_ptr<State> state)
    : store_(store), origin_(std::move(origin)), clock_(clock), log_(log), state_(std::move(state)) {}

Journal::~Journal() = default;

Result<std::unique_ptr<Journal>> Journal::open(store::Store& store, std::string origin, const Clock& clock, Logger& log,
                                               Milliseconds deadline) {
  if (!VerifierKey::make(origin, {})) return fail(Code::configuration, "not a name for the audit log: " + origin);
  auto state = std::make_unique<State>(deadline);
  {
    KAITO_TRY(const auto reader, store.snapshot());
    KAITO_TRY(state->committed, load_tail(*reader, log));
    KAITO_TRY(const auto checkpoint, reader->latest_checkpoint());
    state->checkpointed = checkpoint ? checkpoint->tree_size : 0;
  }
  state->pending = state->committed;
  std::unique_ptr<Journal> journal(new Journal(store, std::move(origin), clock, log, std::move(state)));
  store.observe(*journal);
  return journal;
}

Task<Status> Journal::write(store::Job job, store::JobKind kind, std::shared_ptr<Flight> flight) {
  auto done = store_.write(std::move(job), kind);
  if (!done.await_ready()) state_->limit.watch(done.watch(), std::move(flight));
  co_return co_await done;
}

Task<Result<Receipt>> Journal::record(Event event) {
  const RequestId request = event.request;
  const std::string_view action = event.action;
  store::Job job = [this, recorded = std::move(event)](store::Writer& writer) { return append(writer, recorded); };
  const Status done = co_await write(std::move(job), store::JobKind::record);
  if (done) co_return Receipt{};
  log_.error("audit.record.failed", {{"action", action}, {"request", request}, {"error", done.error()}});
  co_return fail(Code::audit_failed, done.error().describe());
}

Task<Result<Receipt>> Journal::commit(Event event, Change change) {
  auto flight = std::make_shared<Flight>();
  store::Job job = [this, flight, recorded = std::move(event),
                    apply = std::move(change)](store::Writer& writer) mutable -> Status {
    if (!flight->begin()) return fail(Code::deadline_exceeded, "the caller has given up");
    Status applied;
    for (const auto& condition : recorded.conditions)
      if (applied) applied = condition->hold(writer, recorded);
    if (applied) applied = apply(writer, recorded);
    flight->end();
    if (!applied) return applied;
    return append(writer, recorded);
  };
  const Status done = co_await write(std::move(job), store::JobKind::change, std::move(flight));
  if (!done) co_return fail(done.error());
  co_return Receipt{};
}

// The tree grows only when the store has taken the record: a job that fails leaves no trace in it.
Status Journal::append(store::Writer& writer, const Event& event) {
  LogTail& tail = state_->pending;
  store::AuditRow row{.sequence = tail.tree.size(), .org = event.org, .time = clock_.now()};
  KAITO_CHECK(append_record(row.record, event, {row.sequence, row.time, tail.last}));
  row.leaf_hash = leaf_hash(as_bytes(row.record));
  KAITO_CHECK(writer.append_audit(row));
  tail.tree.append(row.leaf_hash);
  tail.last = row.leaf_hash;
  return {};
}

Status Journal::before_commit(store::Writer& writer) {
  // Only this thread changes `committed`, so it may read it without the lock.
  if (state_->pending.tree.size() == state_->committed.tree.size()) return {};
  return store_tail(writer, state_->pending);
}

void Journal::committed() {
  const std::lock_guard lock(state_->mutex);
  state_->committed = state_->pending;
}

void Journal::rolled_back() { state_->pending = state_->committed; }

std::uint64_t Journal::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->committed.tree.size();
}

Task<Result<std::optional<store::AuditCheckpoint>>> Journal::checkpoint(CheckpointSigner& signer) {
  using Outcome = std::optional<store::AuditCheckpoint>;
  Frontier tree;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->committed.tree.size() == state_->checkpointed) co_return Outcome{};
    tree = state_->committed.tree;
  }
  if (state_->signing.test_and_set()) co_return Outcome{};
  auto signed_head = co_await sign_head(signer, std::move(tree));
  if (signed_head) {
    const std::lock_guard lock(state_->mutex);
    state_->checkpointed = std::max(state_->checkpointed, signed_head->tree_size);
  }
  state_->signing.clear();
  if (!signed_head) co_return fail(std::move(signed_head).error());
  co_return Outcome{*std::move(signed_head)};
}

Task<Result<store::AuditCheckpoint>> Journal::sign_head(CheckpointSigner& signer, Frontier tree) {
  const Checkpoint head{.origin = origin_, .size = tree.size(), .root = tree.root()};
  KAITO_CO_TRY(const VerifierKey key, VerifierKey::make(origin_, signer.public_key()));
  const std::string body = head.body();
  const ByteView text = as_bytes(body);
  KAITO_CO_TRY(const auto signature, co_await signer.sign(Bytes(text.begin(), text.end())));
  // A wrong signature in the log would look like tampering for ever.
  if (!key.verifies(text, signature))
    co_return fail(Code::hsm_key_rejected, "the HSM's signature of a checkpoint does not verify");
  store::AuditCheckpoint checkpoint{.tree_size = head.size,
                                    .root = head.root,
                                    .key_version = signer.key_version(),
                                    .note = make_note(head, key, signature),
                                    .time = clock_.now()};
  store::Job job = [checkpoint, key](store::Writer& writer) -> Status {
    KAITO_CHECK(remember_key(writer, key));
    return writer.insert(checkpoint);
  };
  KAITO_CO_CHECK(co_await write(std::move(job), store::JobKind::record));
  co_return checkpoint;
}

}  // namespace kaito::audit
