// The journal: the only way for a change to reach the store, and the only maker of SealedReply. A record commits in the
// same transaction as the change that it tells of; a reply is sealed only by the Receipt of a durable record.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "appliance/audit/event.hpp"
#include "appliance/audit/flight.hpp"
#include "appliance/audit/merkle.hpp"
#include "appliance/base/log.hpp"
#include "appliance/base/task.hpp"
#include "appliance/http/sealed_reply.hpp"
#include "appliance/store/store.hpp"

namespace kaito::audit {

// Proof that a record is durable. Only the journal can make one; sealing a reply uses it up.
class Receipt {
 public:
  Receipt(Receipt&&) noexcept = default;
  Receipt& operator=(Receipt&&) noexcept = default;
  Receipt(const Receipt&) = delete;
  Receipt& operator=(const Receipt&) = delete;

 private:
  friend class Journal;
  Receipt() = default;
};

// Signs checkpoints with the audit key in the HSM.
class CheckpointSigner {
 public:
  virtual ~CheckpointSigner() = default;
  virtual Task<Result<ByteArray<64>>> sign(Bytes message) = 0;  // Ed25519 (RFC 8032)
  [[nodiscard]] virtual const ByteArray<32>& public_key() const = 0;
  [[nodiscard]] virtual KeyVersion key_version() const = 0;
};

// How a problem reply differs from what the error's row in the table says.
struct ProblemOptions {
  std::optional<std::uint16_t> status;  // a finer HTTP status: 411, 414, 421, …
  Seconds retry_after{5};               // sent when the row has Retry-After
};

// How long a caller waits for the store at most. A record that becomes durable later still counts, but its reply has
// gone out as 503 by then: the log may say more than was handed out, never less.
inline constexpr Milliseconds kAuditDeadline{5000};

// Thread-safe. Ends after its store: the store's last jobs still run through it.
class Journal final : private store::BatchObserver {
 public:
  // Reads the tree's state back from the store and checks it against the last records. `origin` names this log in its
  // checkpoints (C2SP tlog-checkpoint), e.g. "kaito.example.org/audit/0190163d-…"; printable ASCII without "+".
  // Code::integrity, with the record's sequence, when the log does not fit its tree or its last checkpoint.
  static Result<std::unique_ptr<Journal>> open(store::Store& store, std::string origin, const Clock& clock, Logger& log,
                                               Milliseconds deadline = kAuditDeadline);
  ~Journal() override;

  // A record alone (reads, refusals). Code::audit_failed when it could not be made durable within the deadline.
  Task<Result<Receipt>> record(Event event);

  // The change and its record, in one transaction. `change` may add details and targets to the event it is given,
  // e.g. identifiers or counts that only the transaction knows; the event's conditions are held to before it. When it
  // fails nothing is written, and its error is returned; recording the refusal is then the caller's. `change` may work
  // on what lies in the awaiting frame: a wait that passes its deadline ends before the change has begun, which then
  // never begins, or after it has run, never in between. Code::deadline_exceeded then; whether the change was made is
  // unknown.
  using Change = std::move_only_function<Status(store::Writer&, Event&)>;
  Task<Result<Receipt>> commit(Event event, Change change);

  // Seals a reply by the receipt of its record.
  static http::SealedReply seal(http::Reply reply, Receipt receipt);

  // RFC 9457 problem reply for an error: the table's row, field and reason, nothing else. Needs no receipt since it
  // carries nothing of the vault: for refusals before anybody is authenticated, and when the journal itself failed.
  static http::SealedReply refuse(const Error& error, const RequestId& request, const ProblemOptions& options = {});
  // The same as a Reply, to be sealed with a receipt.
  static http::Reply problem(const Error& error, const RequestId& request, const ProblemOptions& options = {});

  // For the few endpoints of the table that are public and hold nothing of any org (health, OpenAPI).
  static http::SealedReply seal_public(http::Reply reply);

  // Signs the present tree head when it has grown since the last checkpoint, and stores it. Nothing when it has not, or
  // while another call is at it. Code::hsm_key_rejected when the signature does not verify under the signer's key.
  Task<Result<std::optional<store::AuditCheckpoint>>> checkpoint(CheckpointSigner& signer);

  [[nodiscard]] std::uint64_t size() const;  // records committed
  [[nodiscard]] const std::string& origin() const noexcept { return origin_; }

 private:
  struct State;
  Journal(store::Store& store, std::string origin, const Clock& clock, Logger& log, std::unique_ptr<State> state);
  Task<Status> write(store::Job job, store::JobKind kind, std::shared_ptr<Flight> flight = nullptr);
  Task<Result<store::AuditCheckpoint>> sign_head(CheckpointSigner& signer, Frontier tree);
  Status before_commit(store::Writer& writer) override;
  void committed() override;
  void rolled_back() override;
  Status append(store::Writer& writer, const Event& event);

  store::Store& store_;
  std::string origin_;
  const Clock& clock_;
  Logger& log_;
  std::unique_ptr<State> state_;
};

}  // namespace kaito::audit
