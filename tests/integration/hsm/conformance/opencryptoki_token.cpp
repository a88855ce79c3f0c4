// opencryptoki's soft token. Its paths are fixed, so it gets a mount namespace in which they are empty, that of its
// shared memory too, and an IPC namespace: neither the machine's own opencryptoki nor another run of this suite is
// touched, nor may they touch this one. Only root may do that.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/base/file.hpp"
#include "tests/integration/hsm/conformance/child_process.hpp"
#include "tests/integration/hsm/conformance/token_under_test.hpp"

namespace kaito::hsm::test {
namespace {

constexpr const char* kOpencryptokiLabel = "kaito-test";
const std::map<std::string, std::string> kEnvironment{{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};

// $1: the file that says that the slot daemon is up. Debian 12's daemon keeps its socket in /run, Debian 13's in
// /run/opencryptoki, as a user of its own.
constexpr std::string_view kScript = R"(set -e
mount --make-rprivate /
mkdir -p /dev/shm
for folder in /run /var/lib/opencryptoki /etc/opencryptoki /dev/shm; do mount -t tmpfs tmpfs "$folder"; done
for folder in /run/opencryptoki /run/lock/opencryptoki/swtok /var/lib/opencryptoki/swtok/TOK_OBJ /var/log/opencryptoki
do mkdir -p "$folder"; done
printf 'version opencryptoki-3.1\nslot 3\n{\nstdll = libpkcs11_sw.so\n}\n' > /etc/opencryptoki/opencryptoki.conf
for folder in /run/opencryptoki /run/lock/opencryptoki /var/lib/opencryptoki /etc/opencryptoki
do chgrp -R pkcs11 "$folder"; chmod -R u+rwX,g+rwX,o-rwx "$folder"; done
chmod 755 /etc/opencryptoki; chmod 644 /etc/opencryptoki/opencryptoki.conf
if getent passwd pkcsslotd >/dev/null; then chown -R pkcsslotd /run/opencryptoki; fi
trap 'kill $(cat /run/*.pid /run/opencryptoki/*.pid 2>/dev/null); exit' TERM
pkcsslotd
until [ -S /run/pkcsslotd.socket ] || [ -S /run/opencryptoki/pkcsslotd.socket ]; do sleep 0.02; done
echo up > "$1"
while :; do sleep 3600 & wait $!; done
)";

class OpencryptokiToken final : public TokenUnderTest {
 public:
  OpencryptokiToken() : module_(need_module({"libopencryptoki.so", "PKCS11_API.so"}, "opencryptoki")) {
    need_program("pkcsslotd", "opencryptoki");
    need_program("nsenter", "util-linux");
    if (::geteuid() != 0) throw Unavailable("only root may give opencryptoki paths of its own");
    try {
      run_program({"unshare", "--mount", "--ipc", "--", "mount", "--make-rprivate", "/"}, kEnvironment);
    } catch (const std::runtime_error&) {
      throw Unavailable("no mount namespace is to be had here, so opencryptoki cannot have paths of its own");
    }
    write("slots.sh", kScript, 0600);
    // The daemon leaves its process group; the script ends it.
    slots_.emplace(std::vector<std::string>{"unshare", "--mount", "--ipc", "--", "sh", path("slots.sh"), path("up")},
                   kEnvironment, SIGTERM);
    slots_->wait_until([&] { return std::filesystem::exists(path("up")); });
    write("worker",
          // With its root, which in a chroot is not that of the namespace.
          fmt::format("#!/bin/sh\nexec nsenter --target={} --mount --ipc --root -- {} \"$@\"\n", slots_->pid(),
                      KAITO_HSM_WORKER),
          0700);
    set_up(config(), kOpencryptokiLabel, directory_.path(), "87654321", "12345678");  // the first PIN is opencryptoki's
  }
  [[nodiscard]] ClientConfig config() const override {
    ClientConfig config = worker_config(kOpencryptokiLabel, directory_.path() / "pin");
    config.worker = path("worker");
    config.module = module_;
    return config;
  }

 private:
  [[nodiscard]] std::string path(const char* name) const { return (directory_.path() / name).string(); }
  void write(const char* name, std::string_view text, mode_t mode) const {
    if (const auto done = write_file_atomically(path(name), as_bytes(text)); !done)
      throw std::runtime_error(done.error().describe());
    ::chmod(path(name).c_str(), mode);
  }
  TemporaryDirectory directory_;
  std::filesystem::path module_;
  std::optional<ChildProcess> slots_;
};

}  // namespace

std::unique_ptr<TokenUnderTest> make_opencryptoki_token() { return std::make_unique<OpencryptokiToken>(); }

}  // namespace kaito::hsm::test
