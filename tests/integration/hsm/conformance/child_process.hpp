// A program that a token needs beside it: a TPM, a slot daemon, a PKCS#11 server.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace kaito::hsm::test {

class ChildProcess {
 public:
  // Starts `words`, found by PATH, with `environment` added to ours. When we die, or this object does, it gets
  // `last_signal`.
  explicit ChildProcess(std::vector<std::string> words, std::map<std::string, std::string> environment = {},
                        int last_signal = SIGKILL);
  ~ChildProcess();  // waits for its end
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool is_running();
  void end();

  // Until `ready()` holds; throws when that takes over 20 seconds or the process ends before.
  void wait_until(const std::function<bool()>& ready);

 private:
  std::string name_;
  int last_signal_;
  pid_t pid_ = -1;
};

// Runs a program to its end. Throws, with what it printed, unless it exits with 0.
void run_program(std::vector<std::string> words, std::map<std::string, std::string> environment = {});

// Throws Unavailable unless the program is found by PATH.
void need_program(const std::string& name, const std::string& package);

}  // namespace kaito::hsm::test
