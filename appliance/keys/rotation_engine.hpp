// Drives all rotations on a thread of its own, a slice of each in turn: a long one never holds up a short one. What is
// running when the process starts goes on by itself.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "appliance/keys/rotation_run.hpp"
#include "appliance/keys/rotation_schedule.hpp"

namespace kaito::keys {

struct EngineSettings {
  std::uint32_t items_per_second = 0;  // wrapped keys of one rotation; 0: no limit
  Milliseconds schedule_interval{5000};
  SchedulePolicy schedule;
};

// Thread-safe.
class RotationEngine {
 public:
  RotationEngine(const RotationParts& parts, Random& random, const EngineSettings& settings);
  ~RotationEngine();  // stop()
  RotationEngine(const RotationEngine&) = delete;
  RotationEngine& operator=(const RotationEngine&) = delete;

  void start();
  // Ends after the step under way; everything goes on at the next start.
  void stop();
  // Something has changed that concerns rotations: look now.
  void wake();

  // Wrapped keys a second, lately; absent while it does not run or has no measure yet.
  [[nodiscard]] std::optional<double> rate(const RotationId& rotation) const;

 private:
  void drive();
  Status follow_rows();
  // Until when there is nothing to do.
  SteadyPoint work(BlockingExecutor& executor);
  void note_rates();

  const RotationParts parts_;
  const EngineSettings settings_;
  RotationSchedule schedule_;
  // The engine thread's.
  std::map<RotationId, RotationRun> runs_;
  SteadyPoint next_schedule_{};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  std::map<RotationId, double> rates_;
  std::thread thread_;
};

}  // namespace kaito::keys
