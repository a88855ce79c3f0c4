#include "hsm/client/worker_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace kaito::hsm {
namespace {

// posix_spawn's two objects, destroyed as they must be.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  // Standard input and output go nowhere, standard error stays the daemon's, the socket becomes kWorkerSocket. A group
  // of its own keeps the terminal's Ctrl-C for the daemon, which drains the worker first.
  int prepare(int socket) {
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    for (const int result :
         {posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
          posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0),
          posix_spawn_file_actions_adddup2(&actions_, socket, kWorkerSocket),
          posix_spawnattr_setsigdefault(&attributes_, &all), posix_spawnattr_setsigmask(&attributes_, &none),
          posix_spawnattr_setpgroup(&attributes_, 0),
          posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP)})
      if (result != 0) return result;
    return 0;
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<std::string> environment_of(const ClientConfig& config) {
  std::vector<std::string> result;
  // The sanitizers' options let the tests watch the worker too.
  for (const char* name : {"PATH", "JOURNAL_STREAM", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"})
    if (const char* value = std::getenv(name); value && !config.environment.contains(name))
      result.push_back(fmt::format("{}={}", name, value));
  for (const auto& [name, value] : config.environment) result.push_back(fmt::format("{}={}", name, value));
  return result;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<WorkerProcess> WorkerProcess::spawn(const ClientConfig& config, std::vector<std::string> arguments) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return fail(Code::hsm_unavailable, fmt::format("socketpair: {}", std::strerror(errno)));
  UniqueFd ours(pair[0]);
  const UniqueFd theirs(pair[1]);
  if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0)
    return fail(Code::hsm_unavailable, fmt::format("fcntl: {}", std::strerror(errno)));

  arguments.insert(arguments.begin(), config.worker.string());
  auto environment = environment_of(config);
  SpawnSettings settings;
  pid_t pid = -1;
  int result = settings.prepare(theirs.get());
  if (result == 0)
    result = ::posix_spawn(&pid, config.worker.c_str(), settings.actions(), settings.attributes(),
                           pointers_to(arguments).data(), pointers_to(environment).data());
  if (result != 0) {
    const bool lasting = result == ENOENT || result == EACCES || result == ENOEXEC;
    return fail(lasting ? Code::configuration : Code::hsm_unavailable,
                fmt::format("start {}: {}", config.worker.string(), std::strerror(result)));
  }
  return WorkerProcess(pid, std::move(ours));
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), socket_(std::move(other.socket_)), status_(other.status_) {}

WorkerProcess::~WorkerProcess() {
  if (pid_ < 0 || status_) return;
  kill();
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

void WorkerProcess::kill() noexcept {
  if (!status_) ::kill(pid_, SIGKILL);
}

std::optional<int> WorkerProcess::try_reap() noexcept {
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

Error explain_exit(int wait_status) {
  if (WIFSIGNALED(wait_status))
    return {.code = Code::hsm_unavailable,
            .detail = fmt::format("worker was ended by signal {}", WTERMSIG(wait_status))};
  const int number = WEXITSTATUS(wait_status);
  for (const Code code : {Code::hsm_pin_rejected, Code::hsm_key_rejected, Code::hsm_unsupported, Code::configuration,
                          Code::storage_full, Code::storage_failed})
    if (traits(code).exit_code == number) return {.code = code, .detail = fmt::format("worker exited with {}", number)};
  return {.code = Code::hsm_unavailable, .detail = fmt::format("worker exited with {}", number)};
}

}  // namespace kaito::hsm
