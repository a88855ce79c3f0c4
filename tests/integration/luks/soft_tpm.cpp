#include "tests/integration/luks/soft_tpm.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "appliance/base/unique_fd.hpp"
#include "tests/fakes/tpm_commands/tpm_commands.hpp"

namespace kaito::luks::test {

namespace {

// The socket is there before anybody listens on it.
bool answers(const std::filesystem::path& socket) {
  sockaddr_un address{.sun_family = AF_UNIX};
  const std::string path = socket.string();
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the path of swtpm's socket is too long");
  std::ranges::copy(path, std::begin(address.sun_path));
  const UniqueFd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connection && ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

SoftTpm::SoftTpm(std::filesystem::path directory) : directory_(std::move(directory)) { start(); }
SoftTpm::~SoftTpm() { stop(); }

bool SoftTpm::available() { return std::system("swtpm --version >/dev/null 2>&1") == 0; }

void SoftTpm::start() {
  std::filesystem::remove(socket());
  const std::string state = "dir=" + directory_.string();
  const std::string server = "type=unixio,path=" + socket().string();
  const std::string control = server + ".ctrl";
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state.c_str(), "--server", server.c_str(), "--ctrl",
             control.c_str(), "--flags", "not-need-init,startup-clear", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  for (int tries = 0; tries < 4000; ++tries) {
    if (answers(socket())) return;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    ::poll(nullptr, 0, 5);
  }
  throw std::runtime_error("swtpm does not start");
}

void SoftTpm::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

void SoftTpm::lose_power() {
  stop();
  start();
}

void SoftTpm::extend(unsigned pcr, std::uint8_t digest) const {
  const auto extended = kaito::test::extend_pcr(tcti(), pcr, digest);
  if (!extended) throw std::runtime_error(extended.error().describe());
}

}  // namespace kaito::luks::test
