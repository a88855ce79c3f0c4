// A request on its way to the worker and back.
#pragma once

#include <functional>

#include "appliance/base/task.hpp"
#include "appliance/base/time.hpp"
#include "hsm/protocol/frame.hpp"
#include "hsm/protocol/wrapped_dek.hpp"
#include "hsm/protocol/wrapped_org_kek.hpp"

namespace kaito::hsm {

struct Call {
  Op op = Op::status;
  WipedBytes payload;
  SteadyPoint deadline;
  // Called once, with a reader of the reply behind its outcome, or with the error. The reply is wiped after the call.
  std::move_only_function<void(Result<ByteReader>)> done;
  std::size_t weight = 1;    // callers that wait for it
  bool singles = false;      // made by join()
  Milliseconds allowance{};  // that the worker may be silent beyond the call deadline
};

// An unwrap_dek that has not been put into a frame yet.
struct SingleUnwrap {
  OrgKekRef kek;
  WrappedDek wrapped;
  Bytes aad;
  SteadyPoint deadline;
  Completer<Dek> done;
};

// One frame for all of `singles`, grouped by org KEK, in as few groups as there are KEKs.
Call join(std::vector<SingleUnwrap> singles);

// Upper bounds of what one of `singles` adds to a frame's payload.
std::size_t payload_bound(const SingleUnwrap& single) noexcept;

}  // namespace kaito::hsm
