#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>

#include "appliance/boot/commands.hpp"

int main(int argc, char** argv) {
  using namespace kaito;  // NOLINT(google-build-using-namespace): main's own file
  ::umask(0077);
  ::signal(SIGPIPE, SIG_IGN);
  // Root may; argon2id, the shares and kaitod's set-up all lock memory.
  const rlimit enough{.rlim_cur = 1UL << 30U, .rlim_max = 1UL << 30U};
  ::setrlimit(RLIMIT_MEMLOCK, &enough);
  cli::SystemTerminal terminal;
  if (const auto ready = init_secret_memory(); !ready) {
    terminal.note("kaito-boot: " + ready.error().describe());
    return traits(ready.error().code).exit_code;
  }
  const SystemClock clock;
  SystemRandom random;
  return boot::run_command(argc, argv, {}, clock, random, terminal);
}
