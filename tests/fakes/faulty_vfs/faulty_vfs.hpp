// Injects what a sound disk does not do: the n-th write, sync or truncation of a database fails.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

namespace kaito::fakes {

enum class DiskCall : std::uint8_t { write, sync, truncate };
enum class DiskFault : std::uint8_t {
  io_error,     // EIO: nothing was written
  short_write,  // half of the bytes reach the file, then EIO
  no_space,     // half of the bytes reach the file, then ENOSPC
};

// Registers a SQLite VFS under `name` for as long as it lives; every file opened through it must be closed before.
// Thread-safe.
class FaultyVfs {
 public:
  explicit FaultyVfs(std::string name);
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;
  ~FaultyVfs();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  // The n-th call of this kind from now on fails, once; n from 1.
  void arm(DiskCall call, int n, DiskFault fault);
  [[nodiscard]] bool fired() const noexcept { return fired_; }
  // Writes, syncs and truncations that came after the fault.
  [[nodiscard]] int calls_after_fault() const noexcept { return calls_after_fault_; }

  // Syncs wait from now on, until let_go().
  void hold_syncs();
  void let_go();
  // Blocks until a sync waits.
  void await_held_sync();
  // For the VFS's own functions: a sync is about to begin.
  void pass_sync();

  // For the VFS's own functions: 0, or the SQLite error with which this call is to fail.
  int next(DiskCall call) noexcept;
  [[nodiscard]] DiskFault fault() const noexcept { return fault_; }

 private:
  struct Registration;

  std::string name_;
  Registration* registration_;
  std::atomic<DiskCall> call_{DiskCall::write};
  std::atomic<DiskFault> fault_{DiskFault::io_error};
  std::atomic<int> remaining_{0};  // 0: not armed
  std::atomic<bool> fired_{false};
  std::atomic<int> calls_after_fault_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  bool holding_ = false;
  int held_ = 0;
};

}  // namespace kaito::fakes
