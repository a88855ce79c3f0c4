#include "appliance/keys/rotation_engine.hpp"

#include <pthread.h>

#include <csignal>

namespace kaito::keys {
namespace {

constexpr Seconds kLongestIdle{60};

}  // namespace

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

void RotationEngine::post(Work work) {
  // Notified under the lock: the engine may be destroyed as soon as it has the work.
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(work));
  changed_.notify_one();
}

std::optional<std::vector<RotationEngine::Work>> RotationEngine::wait(SteadyPoint idle_until) {
  std::unique_lock lock(mutex_);
  // What has begun is waited for, whatever else there would be to do.
  const SteadyPoint until = stopping_ ? SteadyPoint::max() : idle_until;
  const auto idle = std::min<SteadyPoint::duration>(until - parts_.clock.steady_now(), kLongestIdle);
  changed_.wait_for(lock, idle, [this] { return woken_ || !posted_.empty() || (stopping_ && tasks_ == 0); });
  if (std::exchange(woken_, false)) next_schedule_ = {};
  if (stopping_ && tasks_ == 0 && posted_.empty()) return std::nullopt;
  return std::exchange(posted_, {});
}

void RotationEngine::drive() {
  pthread_setname_np(pthread_self(), "kaito-keys");
  const Executor::Scope scope(*this);
  SteadyPoint idle_until = parts_.clock.steady_now();
  while (auto posted = wait(idle_until)) {
    for (auto& some : *posted) some();
    idle_until = work();
    note_rates();
  }
}

void RotationEngine::schedule(SteadyPoint now) {
  next_schedule_ = now + settings_.schedule_interval;
  scheduling_ = true;
  ++tasks_;
  spawn(schedule_.start_due(), [this](const Result<bool>& started) {
    scheduling_ = false;
    --tasks_;
    if (!started) parts_.log.warning("keys.schedule.failed", {{"error", started.error()}});
  });
}

void RotationEngine::step(Running& running) {
  running.busy = true;
  ++tasks_;
  spawn(running.run.step(), [this, &running] {
    running.busy = false;
    --tasks_;
  });
}

SteadyPoint RotationEngine::work() {
  const SteadyPoint now = parts_.clock.steady_now();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return now;
  }
  if (now >= next_schedule_ && !scheduling_) schedule(now);
  if (const auto followed = follow_rows(); !followed) {
    parts_.log.warning("keys.rotation.unreadable", {{"error", followed.error()}});
    return next_schedule_;
  }
  const bool turn_taken =
      std::ranges::any_of(runs_, [](const auto& entry) { return entry.second.busy && !entry.second.apart; });
  SteadyPoint next = next_schedule_;
  Running* first = nullptr;  // of those that take turns
  for (auto& [id, running] : runs_) {
    if (running.busy || (turn_taken && !running.apart)) continue;  // the end of a step wakes us
    next = std::min(next, running.run.due());
    if (running.apart && running.run.due() <= now) step(running);
    if (!running.apart && (first == nullptr || running.run.due() < first->run.due())) first = &running;
  }
  if (first != nullptr && first->run.due() <= now) step(*first);
  return next;
}

bool RotationEngine::needs_customers_hsm(const store::Rotation& rotation) const {
  if (!rotation.org) return false;
  if (rotation.place.is_customers()) return true;
  const auto before = parts_.org_keys.place_of(*rotation.org, rotation.from);
  return !before || (*before && (*before)->is_customers());
}

Status RotationEngine::follow_rows() {
  KAITO_TRY(const auto snapshot, parts_.store.snapshot());
  KAITO_TRY(const auto open, snapshot->open_rotations());
  const auto is_running = [&open](const RotationId& id) {
    return std::ranges::any_of(open, [&id](const store::Rotation& rotation) {
      return rotation.id == id && rotation.state == store::RotationState::running;
    });
  };
  std::erase_if(runs_, [&](const auto& entry) { return !entry.second.busy && !is_running(entry.first); });
  for (const auto& rotation : open)
    if (rotation.state == store::RotationState::running && !runs_.contains(rotation.id))
      runs_.try_emplace(rotation.id, parts_, rotation, settings_.items_per_second, needs_customers_hsm(rotation));
  return {};
}

void RotationEngine::note_rates() {
  const std::lock_guard lock(mutex_);
  rates_.clear();
  for (const auto& [id, running] : runs_) rates_.emplace(id, running.run.rate());
}

}  // namespace kaito::keys
