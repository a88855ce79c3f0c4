#include "appliance/keys/rotation_engine.hpp"

#include <pthread.h>

#include <csignal>

namespace kaito::keys {

RotationEngine::RotationEngine(const RotationParts& parts, Random& random, const EngineSettings& settings)
    : parts_(parts), settings_(settings), schedule_(parts, random, settings.schedule) {}

RotationEngine::~RotationEngine() { stop(); }

void RotationEngine::start() {
  KAITO_INVARIANT(!thread_.joinable());
  thread_ = std::thread([this] { drive(); });
}

void RotationEngine::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void RotationEngine::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

std::optional<double> RotationEngine::rate(const RotationId& rotation) const {
  const std::lock_guard lock(mutex_);
  const auto found = rates_.find(rotation);
  if (found == rates_.end() || found->second <= 0) return std::nullopt;
  return found->second;
}

void RotationEngine::drive() {
  pthread_setname_np(pthread_self(), "kaito-keys");
  BlockingExecutor executor;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (std::exchange(woken_, false)) next_schedule_ = {};
    lock.unlock();
    const SteadyPoint idle_until = work(executor);
    note_rates();
    lock.lock();
    const auto idle = idle_until - parts_.clock.steady_now();
    changed_.wait_for(lock, idle, [this] { return stopping_ || woken_; });
  }
}

SteadyPoint RotationEngine::work(BlockingExecutor& executor) {
  const SteadyPoint now = parts_.clock.steady_now();
  if (now >= next_schedule_) {
    next_schedule_ = now + settings_.schedule_interval;
    if (const auto started = executor.run(schedule_.start_due()); !started)
      parts_.log.warning("keys.schedule.failed", {{"error", started.error()}});
  }
  if (const auto followed = follow_rows(); !followed) {
    parts_.log.warning("keys.rotation.unreadable", {{"error", followed.error()}});
    return next_schedule_;
  }
  SteadyPoint next = next_schedule_;
  RotationRun* first = nullptr;
  for (auto& [id, run] : runs_) {
    next = std::min(next, run.due());
    if (first == nullptr || run.due() < first->due()) first = &run;
  }
  if (first == nullptr || first->due() > now) return next;
  executor.run(first->step());
  return now;
}

Status RotationEngine::follow_rows() {
  KAITO_TRY(const auto snapshot, parts_.store.snapshot());
  KAITO_TRY(const auto open, snapshot->open_rotations());
  const auto is_running = [&open](const RotationId& id) {
    return std::ranges::any_of(open, [&id](const store::Rotation& rotation) {
      return rotation.id == id && rotation.state == store::RotationState::running;
    });
  };
  std::erase_if(runs_, [&](const auto& entry) { return !is_running(entry.first); });
  for (const auto& rotation : open)
    if (rotation.state == store::RotationState::running)
      runs_.try_emplace(rotation.id, parts_, rotation, settings_.items_per_second);
  return {};
}

void RotationEngine::note_rates() {
  const std::lock_guard lock(mutex_);
  rates_.clear();
  for (const auto& [id, run] : runs_) rates_.emplace(id, run.rate());
}

}  // namespace kaito::keys
