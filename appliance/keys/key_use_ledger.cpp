#include "appliance/keys/key_use_ledger.hpp"

#include <algorithm>

namespace kaito::keys {
namespace {

using std::chrono::hours;

std::size_t index_of(KeyUse use) { return static_cast<std::size_t>(use) - 1; }

TimePoint hour_of(TimePoint time) { return std::chrono::floor<hours>(time); }

}  // namespace

KeyUseLedger::Counts* KeyUseLedger::find(const OrgId& org) noexcept {
  const std::size_t start = std::hash<OrgId>{}(org) >> 8;  // the lowest byte holds a UUID's variant
  for (std::size_t step = 0; step < kProbes; ++step) {
    Cell& cell = cells_[(start + step) % kOrgs];
    State state = cell.state.load(std::memory_order_acquire);
    if (state == State::free && cell.state.compare_exchange_strong(state, State::claimed, std::memory_order_acquire)) {
      cell.org = org;
      cell.state.store(State::ready, std::memory_order_release);
      return &cell.counts;
    }
    // Somebody puts an org's id there at this moment; it is done in a few instructions.
    while (state == State::claimed) state = cell.state.load(std::memory_order_acquire);
    if (cell.org == org) return &cell.counts;
  }
  return nullptr;
}

void KeyUseLedger::count(const OrgId& org, KeyUse use, std::uint64_t deks) noexcept {
  if (deks == 0) return;
  Counts* counts = find(org);
  (counts == nullptr ? others_ : *counts)[index_of(use)].fetch_add(deks, std::memory_order_relaxed);
}

std::vector<store::KeyUseCount> KeyUseLedger::take() {
  std::vector<store::KeyUseCount> taken;
  const auto take_from = [&taken](const OrgId& org, Counts& counts) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i].load(std::memory_order_relaxed) == 0) continue;
      taken.push_back(
          {.org = org, .use = static_cast<KeyUse>(i + 1), .count = counts[i].exchange(0, std::memory_order_relaxed)});
    }
  };
  for (std::size_t i = 0; i < kOrgs; ++i)
    if (cells_[i].state.load(std::memory_order_acquire) == State::ready) take_from(cells_[i].org, cells_[i].counts);
  take_from(OrgId{}, others_);
  return taken;
}

void KeyUseLedger::give_back(const std::vector<store::KeyUseCount>& counts) noexcept {
  for (const auto& count : counts) this->count(count.org, count.use, count.count);
}

Task<Status> KeyUseLedger::write_down() { co_return co_await write(false); }
Task<Status> KeyUseLedger::close() { co_return co_await write(true); }

Task<Status> KeyUseLedger::write(bool closing) {
  // Two at once would both begin the next period; who comes second finds its counts written by the first.
  if (writing_.exchange(true)) co_return Status{};
  auto counts = take();
  const TimePoint now = clock_.now();
  std::optional<store::KeyUsePeriod> period = period_;
  auto job = [&](store::Writer& writer) -> Status {
    KAITO_TRY(const std::uint64_t records, writer.audit_size());
    if (period) {
      const bool over = closing || hour_of(now) > hour_of(period->began_at);
      period->written_at = now;
      period->audit_until = records;
      period->complete = over;
      KAITO_CHECK(writer.add_key_uses(*period, counts));
      if (!over) return {};
      period.reset();
    }
    if (closing) return {};
    KAITO_TRY(const auto latest, writer.key_use_periods(now + kKept));
    // The clock may have been set back.
    const TimePoint began = latest.empty() ? now : std::max(now, latest.back().began_at + Milliseconds(1));
    period = {.began_at = began, .audit_from = records, .audit_until = records, .written_at = now, .complete = false};
    KAITO_CHECK(writer.begin_key_use_period(*period));
    // What was counted before the first period of a process began.
    if (!period_) KAITO_CHECK(writer.add_key_uses(*period, counts));
    return writer.remove_key_uses_before(now - kKept);
  };
  const auto written = co_await store_.write(std::move(job), store::JobKind::record);
  if (written)
    period_ = period;
  else
    give_back(counts);
  writing_.store(false);
  co_return written;
}

}  // namespace kaito::keys
