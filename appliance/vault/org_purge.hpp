// What a deleted org has left behind: its groups, members and seeds, which may be a million rows. They are out of
// everyone's sight and leave in slices, so that nobody waits for them.
#pragma once

#include "appliance/base/log.hpp"
#include "appliance/store/store.hpp"

namespace kaito::vault {

inline constexpr std::uint32_t kPurgeSlice = 32;      // rows of one write, which other writers have to wait for
inline constexpr std::uint32_t kSlicesOfAStep = 256;  // a million seeds take three minutes of steps

class OrgPurge {
 public:
  OrgPurge(store::Store& store, Logger& log) : store_(store), log_(log) {}

  // Removes at most kSlicesOfAStep slices. Costs one read when no deleted org has rows left. One caller at a time. A
  // failure leaves what is left to the next step, also to one of the next start; a full volume is waited for in
  // silence.
  Task<Status> step();

 private:
  store::Store& store_;
  Logger& log_;
};

}  // namespace kaito::vault
