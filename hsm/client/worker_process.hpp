// One run of the worker program and our end of its socketpair.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "appliance/base/result.hpp"
#include "appliance/base/unique_fd.hpp"
#include "hsm/client/client_config.hpp"
#include "hsm/protocol/connection.hpp"

namespace kaito::hsm {

class WorkerProcess {
 public:
  // Starts `config.worker` with `arguments`; its end of the socketpair is kWorkerSocket. The process is bound to the
  // calling thread: it gets SIGKILL when that thread ends.
  static Result<WorkerProcess> spawn(const ClientConfig& config, std::vector<std::string> arguments);

  WorkerProcess(WorkerProcess&& other) noexcept;
  WorkerProcess& operator=(WorkerProcess&&) = delete;
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess();  // kills and reaps

  [[nodiscard]] int socket() const noexcept { return socket_.get(); }  // non-blocking
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void kill() noexcept;  // SIGKILL
  // The wait status once the process has ended; does not block. Repeatable.
  std::optional<int> try_reap() noexcept;

 private:
  WorkerProcess(pid_t pid, UniqueFd socket) noexcept : pid_(pid), socket_(std::move(socket)) {}
  pid_t pid_;
  UniqueFd socket_;
  std::optional<int> status_;
};

// What a wait status says: the code whose exit_code the worker ended with where only one can be meant, else
// hsm_unavailable; with the signal or number in `detail`.
Error explain_exit(int wait_status);

}  // namespace kaito::hsm
