// How the services of this folder answer: Task<Result<Recorded<T>>>.
//   outer error   the action never began, or its record could not be made: nothing is recorded, the caller records the
//                 refusal
//   result error  refused, and the refusal is in the journal already (a wrong password, with its counter)
// Either way the receipt seals the reply.
#pragma once

#include <memory>
#include <string_view>

#include "appliance/audit/journal.hpp"
#include "appliance/base/result.hpp"

namespace kaito::auth {

template <class T>
struct Recorded {
  Result<T> result;
  audit::Receipt receipt;
};

// Turns the event of an action into the event of its refusal. `reason` is for auditors, not for the caller: a stable
// word, never text that came with the request.
void mark_refused(audit::Event& event, Code code, std::string_view reason);

// Commits a change that has something to tell afterwards: what it read, or how it decided. The journal stops waiting at
// its deadline while the change may still run later, so a change must own all it works on and never refer to its
// caller's frame; `change` is read again only when the commit has succeeded. Clocks outlive the store.
template <class Change>
Task<Result<audit::Receipt>> commit_shared(audit::Journal& journal, audit::Event event,
                                           std::shared_ptr<Change> change) {
  co_return co_await journal.commit(std::move(event), [change](store::Writer& writer, audit::Event& record) {
    return change->apply(writer, record);
  });
}

// Records the refusal and answers with `error`.
template <class T>
Task<Result<Recorded<T>>> refuse_recorded(audit::Journal& journal, audit::Event event, Error error,
                                          std::string_view reason) {
  mark_refused(event, error.code, reason);
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal.record(std::move(event)));
  co_return Recorded<T>{.result = fail(std::move(error)), .receipt = std::move(receipt)};
}

}  // namespace kaito::auth
