// A job of the store and the caller that waits for it.
#pragma once

#include <vector>

#include "appliance/store/store.hpp"

namespace kaito::store::sqlite {

struct WaitingJob {
  Job job;
  JobKind kind;
  Completer<void> completer;
  Status outcome{};
};

using Batch = std::vector<WaitingJob>;

}  // namespace kaito::store::sqlite
