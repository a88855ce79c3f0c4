// Drives all rotations on a thread of its own. Those in the appliance's HSM take turns, a slice each, so that a long
// one never holds up a short one; one that needs a customer's HSM goes beside them, so that it waits for that HSM
// alone. What is running when the process starts goes on by itself.
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
class RotationEngine : private Executor {
 public:
  RotationEngine(const RotationParts& parts, Random& random, const EngineSettings& settings);
  ~RotationEngine() override;  // stop()
  RotationEngine(const RotationEngine&) = delete;
  RotationEngine& operator=(const RotationEngine&) = delete;

  void start();
  // Ends after the steps under way; everything goes on at the next start.
  void stop();
  // Something has changed that concerns rotations: look now.
  void wake();

  // Wrapped keys a second, lately; absent while it does not run or has no measure yet.
  [[nodiscard]] std::optional<double> rate(const RotationId& rotation) const;

 private:
  struct Running {
    Running(const RotationParts& parts, const store::Rotation& rotation, std::uint32_t items_per_second,
            bool needs_customers_hsm)
        : run(parts, rotation, items_per_second), apart(needs_customers_hsm) {}
    RotationRun run;
    const bool apart;   // takes no turns with the others
    bool busy = false;  // a step of it is under way
  };
  using Work = std::move_only_function<void()>;

  void post(Work work) override;
  void drive();
  // What was posted until `idle_until` at the latest; nothing when it is time to end.
  std::optional<std::vector<Work>> wait(SteadyPoint idle_until);
  Status follow_rows();
  [[nodiscard]] bool needs_customers_hsm(const store::Rotation& rotation) const;
  // Until when there is nothing to do.
  SteadyPoint work();
  void schedule(SteadyPoint now);
  void step(Running& running);
  void note_rates();

  const RotationParts parts_;
  const EngineSettings settings_;
  RotationSchedule schedule_;
  // The engine thread's.
  std::map<RotationId, Running> runs_;
  SteadyPoint next_schedule_{};
  bool scheduling_ = false;
  std::size_t tasks_ = 0;  // under way

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  std::vector<Work> posted_;
  std::map<RotationId, double> rates_;
  std::thread thread_;
};

}  // namespace kaito::keys
