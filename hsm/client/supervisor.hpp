// Keeps one worker process alive and carries calls to it, on a thread of its own: spawns, waits for the hello, sends
// and receives frames, kills a worker that hangs, starts a new one with growing pauses, gives up where a new try would
// only do harm (wrong PIN, refused key).
#pragma once

#include <condition_variable>
#include <map>
#include <thread>

#include "appliance/base/log.hpp"
#include "hsm/client/call_queue.hpp"
#include "hsm/client/call_statistics.hpp"
#include "hsm/client/client_config.hpp"
#include "hsm/client/wake_event.hpp"
#include "hsm/client/worker_process.hpp"
#include "hsm/client/worker_state.hpp"
#include "hsm/protocol/connection.hpp"

namespace kaito::hsm {

class Supervisor {
 public:
  Supervisor(ClientConfig config, const Clock& clock, Logger& logger);
  ~Supervisor();

  // Waits until a worker serves, none ever will, or start_deadline.
  Status start();
  // Starts a worker and does not wait; what is submitted waits for it.
  void launch();
  // Finishes what was submitted, at most for call_deadline.
  void stop();

  // Thread-safe. `deadline` of what is submitted comes from here.
  [[nodiscard]] SteadyPoint deadline() const { return clock_.steady_now() + config_.call_deadline; }
  void submit(Call call);
  void submit(SingleUnwrap single);
  [[nodiscard]] WorkerState state() const;
  [[nodiscard]] const CallStatistics& statistics() const noexcept { return statistics_; }
  [[nodiscard]] const ClientConfig& config() const noexcept { return config_; }

 private:
  struct Sent {
    Call call;
    SteadyPoint at;
  };

  // All below, but what state_mutex_ guards: on the supervisor's thread only.
  void run();
  void turn(SteadyPoint now);
  void begin_stop(SteadyPoint now);
  void spawn_worker(SteadyPoint now);
  void watch_worker(SteadyPoint now);
  void reap_worker(SteadyPoint now);
  void send_calls(SteadyPoint now);
  void receive_frames(SteadyPoint now);
  void handle(const Frame& frame, SteadyPoint now);
  void handle_hello(ByteReader payload, SteadyPoint now);
  void abandon_worker(Error reason);
  void worker_ended(Error reason, SteadyPoint now);
  void expire_calls(SteadyPoint now);
  [[nodiscard]] bool is_lasting(Code code) const;
  // When the worker has been silent for too long, with work in hand.
  [[nodiscard]] SteadyPoint hang_time() const;
  [[nodiscard]] SteadyPoint next_timer(SteadyPoint now) const;
  void wait(SteadyPoint now);
  void set_phase(WorkerPhase phase);

  const ClientConfig config_;
  const Clock& clock_;
  Logger& logger_;
  CallQueue queue_;
  CallStatistics statistics_;
  WakeEvent wake_;

  mutable std::mutex state_mutex_;
  std::condition_variable state_changed_;
  WorkerState state_;
  std::atomic<bool> stop_asked_{false};

  std::optional<WorkerProcess> worker_;
  std::optional<Connection> connection_;
  std::map<std::uint64_t, Sent> sent_;
  std::uint64_t next_id_ = 1;
  SteadyPoint started_at_;  // of the worker: spawn, later its hello
  SteadyPoint last_received_;
  SteadyPoint next_start_;
  Milliseconds backoff_;
  bool greeted_ = false;  // the worker has said hello and serves
  bool ever_served_ = false;
  std::optional<Error> abandoned_;  // why the worker was killed or lost; it waits to be reaped
  std::optional<SteadyPoint> stop_by_;
  bool hung_ = false;      // why it was abandoned
  bool readable_ = false;  // the socket has something, or has ended
  bool draining_ = false;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace kaito::hsm
