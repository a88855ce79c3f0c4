// Did every opening of a seed leave its record? Compares what the ledger counted with what the audit log says.
#pragma once

#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/base/worker_pool.hpp"
#include "appliance/keys/key_use_ledger.hpp"

namespace kaito::keys {

// Of one org. DEKs are counted where they are unwrapped, records are counted in the log; neither knows the other.
struct Reconciliation {
  TimePoint from{};  // the beginning of a period
  TimePoint until{};
  std::uint64_t audit_from = 0;  // the records of the log that were looked at: [audit_from, audit_until)
  std::uint64_t audit_until = 0;

  std::uint64_t opened_by_hsm = 0;    // DEKs for codes, unwrapped by the HSM
  std::uint64_t opened_by_lease = 0;  // the same, given again under a lease
  std::uint64_t codes_recorded = 0;
  std::int64_t difference = 0;  // opened for codes, less recorded; 0: they match

  std::uint64_t opened_for_changes = 0;  // DEKs for changes of a seed's labels, by the HSM
  std::uint64_t changes_recorded = 0;
  std::uint64_t index_keys = 0;          // unwraps of the key that finds duplicates, by the HSM
  std::uint64_t additions_recorded = 0;  // seeds created and imports, which ask for that key
  std::uint64_t refused = 0;             // DEKs that the HSM could not unwrap
  std::uint64_t failures_recorded = 0;   // codes that could not be given for a failure

  std::vector<TimePoint> incomplete;  // periods whose last counts are lost: the process was killed
  std::vector<std::string> explanations;
};

// Thread-safe.
class Reconciler {
 public:
  Reconciler(store::Store& store, audit::Journal& journal, KeyUseLedger& ledger, WorkerPool& long_work,
             const Clock& clock)
      : store_(store), journal_(journal), ledger_(ledger), long_work_(long_work), clock_(clock) {}

  // Of the permit's org, for the last `hours` and the rest of the period in which they began.
  Task<Result<auth::Recorded<Reconciliation>>> report(const auth::Permit& permit, std::chrono::hours hours);

 private:
  store::Store& store_;
  audit::Journal& journal_;
  KeyUseLedger& ledger_;
  WorkerPool& long_work_;
  const Clock& clock_;
};

}  // namespace kaito::keys
