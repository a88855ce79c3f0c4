// A real appliance in a directory of its own: kaitod, its HSM worker and a SoftHSM2 token, on a port that the kernel
// chooses.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "appliance/cli/api_client.hpp"

namespace kaito::test {

class TestAppliance {
 public:
  // Sets up and starts. `options` are added to `kaitod run`. Aborts the test program when the appliance does not come
  // up: nothing could be tested.
  explicit TestAppliance(std::vector<std::string> options = {});
  // Ends it and removes the directory.
  ~TestAppliance();
  TestAppliance(const TestAppliance&) = delete;
  TestAppliance& operator=(const TestAppliance&) = delete;

  [[nodiscard]] cli::ApiClient client() const;
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
  [[nodiscard]] std::filesystem::path data() const { return directory_ / "data"; }
  [[nodiscard]] std::filesystem::path ca() const { return data() / "tls" / "ca.pem"; }
  [[nodiscard]] std::string setup_token() const;
  [[nodiscard]] std::string log() const;  // stderr so far
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] pid_t worker_pid() const;  // the present HSM worker; -1 when there is none

  void kill(int signal) const;
  // Waits for the process to end; its exit status as wait(2) gives it.
  int wait();
  // Starts it again on the same port after it has ended.
  void start();

 private:
  std::filesystem::path directory_;
  std::vector<std::string> options_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

// Runs `kaitod VERB --data-dir DATA OPTIONS…` to its end.
struct Finished {
  int exit_code = -1;  // -1: ended by a signal
  std::string output;  // stdout and stderr
};
Finished run_kaitod(const std::string& verb, const std::filesystem::path& data, std::vector<std::string> options = {});
// Any program to its end, with what it prints on both.
Finished run_program(const std::vector<std::string>& arguments, const std::string& input = {});

}  // namespace kaito::test
