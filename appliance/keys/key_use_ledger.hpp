// What org KEKs were used for: counted where DEKs are unwrapped, and written down beside the size of the audit log, so
// that both can be compared. A process that is killed loses what it counted since it last wrote, a few seconds' worth,
// and its period then says that it is not complete.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "appliance/store/store.hpp"

namespace kaito::keys {

using store::KeyUse;

// Thread-safe. Counting takes no lock and allocates nothing.
class KeyUseLedger {
 public:
  static constexpr std::size_t kOrgs = 16'384;    // counted apart; what finds no room is counted together
  static constexpr std::chrono::days kKept{400};  // periods older than this are removed

  KeyUseLedger(store::Store& store, const Clock& clock) : store_(store), clock_(clock), cells_(new Cell[kOrgs]) {}

  void count(const OrgId& org, KeyUse use, std::uint64_t deks) noexcept;

  // Writes down what was counted since the last time. A period begins with the first call, and with the first one in
  // another hour. After a failure the counts stay for the next time.
  Task<Status> write_down();
  // The last act of a process: its period is complete.
  Task<Status> close();

 private:
  enum class State : std::uint8_t { free, claimed, ready };
  using Counts = std::array<std::atomic<std::uint64_t>, store::kKeyUses>;
  struct Cell {
    std::atomic<State> state{State::free};
    OrgId org;  // written once, before the state says ready
    Counts counts{};
  };
  static constexpr std::size_t kProbes = 64;

  Counts* find(const OrgId& org) noexcept;
  std::vector<store::KeyUseCount> take();
  void give_back(const std::vector<store::KeyUseCount>& counts) noexcept;
  Task<Status> write(bool closing);

  store::Store& store_;
  const Clock& clock_;
  std::unique_ptr<Cell[]> cells_;
  Counts others_{};
  std::atomic<bool> writing_{false};
  std::optional<store::KeyUsePeriod> period_;  // the one being written to; of who holds writing_
};

}  // namespace kaito::keys
