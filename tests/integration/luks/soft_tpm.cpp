#include "tests/integration/luks/soft_tpm.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "appliance/base/unique_fd.hpp"

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
  TSS2_TCTI_CONTEXT* connection = nullptr;
  ESYS_CONTEXT* esys = nullptr;
  if (Tss2_TctiLdr_Initialize(tcti().c_str(), &connection) != TSS2_RC_SUCCESS ||
      Esys_Initialize(&esys, connection, nullptr) != TSS2_RC_SUCCESS)
    throw std::runtime_error("the TPM in software does not answer");
  TPML_DIGEST_VALUES values{};
  values.count = 1;
  values.digests[0].hashAlg = TPM2_ALG_SHA256;
  std::ranges::fill(values.digests[0].digest.sha256, digest);
  const TSS2_RC extended =
      Esys_PCR_Extend(esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &values);
  Esys_Finalize(&esys);
  Tss2_TctiLdr_Finalize(&connection);
  if (extended != TSS2_RC_SUCCESS) throw std::runtime_error("the register cannot be extended");
}

}  // namespace kaito::luks::test
