// How the services of this folder answer: Task<Result<Recorded<T>>>.
//   outer error   the action never began, or its record could not be made: nothing is recorded, the caller records the
//                 refusal
//   result error  refused, and the refusal is in the journal already (a wrong password, with its counter)
// Either way the receipt seals the reply.
#pragma once

#include "appliance/audit/journal.hpp"
#include "appliance/base/result.hpp"

namespace kaito::auth {

template <class T>
struct Recorded {
  Result<T> result;
  audit::Receipt receipt;
};

}  // namespace kaito::auth
