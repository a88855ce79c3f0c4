#include "tests/integration/hsm/conformance/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "appliance/base/unique_fd.hpp"
#include "tests/integration/hsm/conformance/token_under_test.hpp"

namespace kaito::hsm::test {
namespace {

using std::chrono::steady_clock;

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The program in a child of a group of its own; its output goes to `output` when that is not -1.
pid_t start(std::vector<std::string> words, const std::map<std::string, std::string>& environment, int last_signal,
            int output) {
  const auto arguments = pointers_to(words);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid > 0) return pid;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, last_signal);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(output >= 0 ? output : nothing, stream);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> words, std::map<std::string, std::string> environment,
                           int last_signal)
    : name_(words.front()), last_signal_(last_signal), pid_(start(std::move(words), environment, last_signal, -1)) {}

ChildProcess::~ChildProcess() { end(); }

bool ChildProcess::is_running() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ > 0;
}

void ChildProcess::end() {
  if (!is_running()) return;
  ::kill(-pid_, last_signal_);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ChildProcess::wait_until(const std::function<bool()>& ready) {
  constexpr int kPauseMs = 10;
  const auto deadline = steady_clock::now() + std::chrono::seconds(20);
  while (!ready()) {
    if (!is_running()) throw std::runtime_error(name_ + " ended at once");
    if (steady_clock::now() > deadline) throw std::runtime_error(name_ + " does not get ready");
    ::poll(nullptr, 0, kPauseMs);
  }
}

void run_program(std::vector<std::string> words, std::map<std::string, std::string> environment) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  const UniqueFd reading(pipe[0]);
  UniqueFd writing(pipe[1]);
  const std::string name = words.front();
  const pid_t pid = start(std::move(words), environment, SIGKILL, writing.get());
  writing = UniqueFd();
  std::string output;
  char buffer[4096];
  for (ssize_t size = 0; (size = ::read(reading.get(), buffer, sizeof buffer)) > 0;)
    output.append(buffer, static_cast<std::size_t>(size));
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0) throw std::runtime_error(name + " failed: " + output);
}

void need_program(const std::string& name, const std::string& package) {
  std::string path = ::getenv("PATH") ? ::getenv("PATH") : "";
  path += ":/usr/sbin:/sbin:";
  for (std::size_t at = 0; at < path.size();) {
    const auto end = path.find(':', at);
    if (::access((path.substr(at, end - at) + "/" + name).c_str(), X_OK) == 0) return;
    at = end + 1;
  }
  throw Unavailable(name + " is not there (package " + package + ")");
}

}  // namespace kaito::hsm::test
