#include "hsm/client/call_statistics.hpp"

#include <algorithm>

namespace kaito::hsm {
namespace {

// One thread writes: no read-modify-write is needed.
void increase(std::atomic<std::uint64_t>& number, std::uint64_t by) noexcept {
  number.store(number.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

void CallStatistics::add(Op op, bool succeeded, SteadyPoint::duration took) noexcept {
  const auto index = static_cast<std::size_t>(op);
  if (index >= cells_.size()) return;
  Cell& cell = cells_[index];
  const auto microseconds = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::floor<std::chrono::microseconds>(took).count()));
  increase(cell.frames, 1);
  if (!succeeded) increase(cell.failed, 1);
  increase(cell.microseconds, microseconds);
  const auto bound = std::ranges::lower_bound(kBounds, microseconds);
  if (bound != kBounds.end()) increase(cell.buckets[static_cast<std::size_t>(bound - kBounds.begin())], 1);
}

std::vector<CallCount> CallStatistics::counts() const {
  std::vector<CallCount> counts;
  for (std::size_t index = 0; index < cells_.size(); ++index) {
    const Cell& cell = cells_[index];
    CallCount count{.op = static_cast<Op>(index),
                    .frames = cell.frames.load(std::memory_order_relaxed),
                    .failed = cell.failed.load(std::memory_order_relaxed),
                    .microseconds = cell.microseconds.load(std::memory_order_relaxed),
                    .buckets = {}};
    if (count.frames == 0) continue;
    for (const auto& bucket : cell.buckets) count.buckets.push_back(bucket.load(std::memory_order_relaxed));
    counts.push_back(std::move(count));
  }
  return counts;
}

std::string_view to_string(Op op) noexcept {
  switch (op) {
    case Op::hello: return "hello";
    case Op::status: return "status";
    case Op::canary: return "canary";
    case Op::create_platform_kek: return "create_platform_kek";
    case Op::create_org_kek: return "create_org_kek";
    case Op::load_org_kek: return "load_org_kek";
    case Op::wrap_deks: return "wrap_deks";
    case Op::unwrap_deks: return "unwrap_deks";
    case Op::create_audit_key: return "create_audit_key";
    case Op::audit_key: return "audit_key";
    case Op::sign: return "sign";
    case Op::drain: return "drain";
    case Op::rewrap_org_keks: return "rewrap_org_keks";
    case Op::rewrap_deks: return "rewrap_deks";
    case Op::destroy_platform_kek: return "destroy_platform_kek";
    case Op::destroy_audit_key: return "destroy_audit_key";
    case Op::create_backup_key: return "create_backup_key";
    case Op::destroy_backup_key: return "destroy_backup_key";
    case Op::create_wrapping_key: return "create_wrapping_key";
    case Op::wrapping_key: return "wrapping_key";
    case Op::destroy_wrapping_key: return "destroy_wrapping_key";
    case Op::import_org_kek: return "import_org_kek";
    case Op::adopt_org_kek: return "adopt_org_kek";
  }
  return "other";
}

}  // namespace kaito::hsm
