#include "tests/scenario/test_appliance.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>

#include "appliance/base/file.hpp"
#include "appliance/base/invariant.hpp"
#include "appliance/base/unique_fd.hpp"

extern char** environ;

namespace kaito::test {
namespace {

constexpr std::size_t kMaxOutput = 64U << 20;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
  Pipe() {
    int ends[2];
    KAITO_INVARIANT(::pipe2(ends, O_CLOEXEC) == 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
};

pid_t spawn(std::vector<std::string> arguments, int input, int output, int errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  KAITO_INVARIANT(posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

// One line, or what there was at the end of file.
std::string read_line(int fd) {
  std::string line;
  char c = 0;
  while (::read(fd, &c, 1) == 1 && c != '\n') line.push_back(c);
  return line;
}

std::vector<std::string> kaitod(const std::string& verb, const std::filesystem::path& data,
                                const std::vector<std::string>& options) {
  std::vector<std::string> arguments{KAITO_KAITOD, verb, "--data-dir", data.string(), "--hsm-worker", KAITO_HSM_WORKER};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return arguments;
}

}  // namespace

Finished run_program(const std::vector<std::string>& arguments, const std::string& input) {
  Pipe in;
  Pipe out;
  const pid_t pid = spawn(arguments, in.read.get(), out.write.get(), out.write.get());
  in.read.reset();
  out.write.reset();
  // What is written fits the pipe (64 KiB); nothing longer is fed in here.
  KAITO_INVARIANT(input.size() < 60'000);
  [[maybe_unused]] const auto written = ::write(in.write.get(), input.data(), input.size());
  in.write.reset();
  Finished finished;
  finished.output = read_all(out.read.get());
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFEXITED(status)) finished.exit_code = WEXITSTATUS(status);
  return finished;
}

Finished run_kaitod(const std::string& verb, const std::filesystem::path& data, std::vector<std::string> options) {
  return run_program(kaitod(verb, data, options));
}

TestAppliance::TestAppliance(std::vector<std::string> options) : options_(std::move(options)) {
  std::string name = (std::filesystem::temp_directory_path() / "kaito-test-XXXXXX").string();
  KAITO_INVARIANT(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  const auto set_up = run_kaitod("setup", data(), options_);
  if (set_up.exit_code != 0) fmt::print(stderr, "{}\n", set_up.output);
  KAITO_INVARIANT(set_up.exit_code == 0);
  start();
}

TestAppliance::~TestAppliance() {
  if (pid_ > 0) {
    kill(SIGTERM);
    wait();
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void TestAppliance::start() {
  KAITO_INVARIANT(pid_ < 0);
  auto options = options_;
  // Strict unless the test is about leases: what the HSM does shows at once.
  if (std::ranges::find(options, "--dek-lease-seconds") == options.end())
    options.insert(options.end(), {"--dek-lease-seconds", "0"});
  options.insert(options.end(), {"--port", std::to_string(port_), "--address", "127.0.0.1"});
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd log(::open((directory_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  Pipe out;
  pid_ = spawn(kaitod("run", data(), options), null.get(), out.write.get(), log.get());
  out.write.reset();
  constexpr std::string_view kListening = "LISTENING ";
  const std::string line = read_line(out.read.get());
  if (!line.starts_with(kListening)) fmt::print(stderr, "{}\n", this->log());
  KAITO_INVARIANT(line.starts_with(kListening));
  port_ = static_cast<std::uint16_t>(std::stoi(line.substr(kListening.size())));
}

int TestAppliance::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

void TestAppliance::kill(int signal) const { ::kill(pid_, signal); }

cli::ApiClient TestAppliance::client() const {
  auto client = cli::ApiClient::open({.url = url(), .ca_certificate = ca()});
  KAITO_INVARIANT(client.has_value());
  return *std::move(client);
}

std::string TestAppliance::url() const { return fmt::format("https://localhost:{}", port_); }

std::string TestAppliance::setup_token() const {
  auto token = read_file(data() / "setup-token", 1024);
  KAITO_INVARIANT(token.has_value());
  while (token->ends_with('\n')) token->pop_back();
  return *token;
}

std::string TestAppliance::log() const { return read_file(directory_ / "log", kMaxOutput).value_or(""); }

pid_t TestAppliance::worker_pid() const {
  // The worker may have been started by another thread than the first.
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid_))) {
    std::ifstream list(thread.path() / "children");
    pid_t child = -1;
    if (list >> child) return child;
  }
  return -1;
}

}  // namespace kaito::test
