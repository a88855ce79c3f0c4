#include "provisioning/program.hpp"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "appliance/base/file.hpp"
#include "appliance/base/unique_fd.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::size_t kMaxOutput = 1U << 20;
constexpr std::array kDirectories{"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

Result<std::string> find_program(const std::string& name) {
  if (name.contains('/')) return name;
  for (const auto* directory : kDirectories) {
    std::string path = fmt::format("{}/{}", directory, name);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return fail(Code::not_found, fmt::format("the program {} is not installed", name));
}

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void put(int fd, int as) { ::posix_spawn_file_actions_adddup2(&actions_, fd, as); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// A session of its own: a program that runs with fewer rights than ours cannot type into our terminal (TIOCSTI).
class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

Result<int> wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return fail(Code::internal, fmt::format("waitpid: {}", std::strerror(errno)));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

// Files in memory instead of pipes: nobody has to be read while the program runs.
Result<ProgramEnd> run_program(const std::vector<std::string>& words, std::string_view input) {
  KAITO_TRY(const std::string path, find_program(words.at(0)));
  const UniqueFd in(::memfd_create("input", MFD_CLOEXEC));
  const UniqueFd out(::memfd_create("output", MFD_CLOEXEC));
  if (!in || !out || ::write(in.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size()) ||
      ::lseek(in.get(), 0, SEEK_SET) != 0)
    return fail(Code::internal, "no memory for a program's input");
  FileActions files;
  files.put(in.get(), STDIN_FILENO);
  files.put(out.get(), STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::string search = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  std::string language = "LANG=C.UTF-8";
  const std::array<char*, 3> environment{search.data(), language.data(), nullptr};
  const Attributes attributes;
  pid_t pid = -1;
  if (const int error =
          ::posix_spawn(&pid, path.c_str(), files.get(), attributes.get(), arguments.data(), environment.data());
      error != 0)
    return fail(Code::not_found, fmt::format("{}: {}", path, std::strerror(error)));
  ProgramEnd end;
  KAITO_TRY(end.status, wait_for(pid));
  ::lseek(out.get(), 0, SEEK_SET);
  KAITO_TRY(end.output, read_to_end(out.get(), kMaxOutput));
  return end;
}

Result<std::string> must_run(const std::vector<std::string>& words, std::string_view input) {
  KAITO_TRY(auto end, run_program(words, input));
  if (end.status != 0)
    return fail(Code::storage_failed, fmt::format("{} ended with status {}", words.at(0), end.status));
  return std::move(end.output);
}

}  // namespace kaito::provisioning
