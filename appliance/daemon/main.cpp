#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <cstdio>

#include "appliance/base/file.hpp"
#include "appliance/daemon/appliance.hpp"
#include "appliance/daemon/inventory.hpp"
#include "appliance/daemon/monitor.hpp"
#include "appliance/daemon/row_acceptance.hpp"
#include "appliance/daemon/setup.hpp"
#include "appliance/daemon/transcript_signing.hpp"

namespace {

using namespace kaito;  // NOLINT(google-build-using-namespace): main's own file

int ended_by(const Error& error, Logger& log) {
  log.error("kaitod.failed", {{"error", error}});
  const auto& row = traits(error.code);
  fmt::print(stderr, "kaitod: {}: {}\n", row.title, error.describe());
  return row.exit_code;
}

// Threads made later inherit the mask, so that only wait_for_end() sees these signals.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void wait_for_end(const sigset_t& signals, daemon::Appliance& appliance) {
  for (;;) {
    int number = 0;
    sigwait(&signals, &number);
    if (number != SIGHUP) return;
    appliance.reload();
  }
}

int run(const daemon::Config& config, const Clock& clock, Random& random, Logger& log, const sigset_t& signals) {
  auto appliance = daemon::Appliance::open(config, clock, random, log);
  if (!appliance) return ended_by(appliance.error(), log);
  (*appliance)->start();
  fmt::print("LISTENING {}\n", (*appliance)->port());
  if (!(*appliance)->setup_token_notice().empty())
    fmt::print(
        "SETUP-TOKEN {}\n  enrols the first security officer's FIDO2 key: kaito staff enrol --name NAME --token-file "
        "DATA/setup-token\n",
        as_text((*appliance)->setup_token_notice().expose_secret()));
  std::fflush(stdout);
  sd_notify(0, "READY=1");
  wait_for_end(signals, **appliance);
  sd_notify(0, "STOPPING=1");
  (*appliance)->stop();
  return 0;
}

int set_up_once(const daemon::Config& config, const Clock& clock, Random& random, Logger& log) {
  if (const auto done = daemon::set_up(config, clock, random, log); !done) return ended_by(done.error(), log);
  fmt::print("set up in {}\n", config.data_dir.string());
  return 0;
}

int accept_altered_rows(const daemon::Config& config, const Clock& clock, Random& random, Logger& log) {
  const auto accepted = daemon::accept_rows(config, clock, random, log);
  if (!accepted) return ended_by(accepted.error(), log);
  if (accepted->empty()) fmt::print("nothing was altered; nothing was done\n");
  for (const auto& table : *accepted) fmt::print("accepted as it is: {}\n", table);
  return 0;
}

int sign_transcript(const daemon::Config& config, const Clock& clock, Logger& log) {
  const auto transcript = read_to_end(STDIN_FILENO, provisioning::kMaxTranscript);
  if (!transcript) return ended_by(transcript.error(), log);
  const auto note = daemon::sign_transcript(config, *transcript, clock, log);
  if (!note) return ended_by(note.error(), log);
  fmt::print("{}", *note);
  return 0;
}

int show_inventory(const daemon::Config& config, Logger& log) {
  const auto inventory = daemon::take_inventory(config, log);
  if (!inventory) return ended_by(inventory.error(), log);
  fmt::print("{}", daemon::to_json(*inventory));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  ::umask(0077);
  const SystemClock clock;
  SystemRandom random;
  StderrSink sink;
  Logger log(sink, clock);
  if (const auto ready = init_secret_memory(); !ready) return ended_by(ready.error(), log);
  const auto line = daemon::parse_command_line(argc, argv);
  if (!line) {
    fmt::print(stderr, "kaitod: {}\n", line.error().detail);
    return traits(line.error().code).exit_code;
  }
  Logger levelled(sink, clock, line->config.log_level);
  switch (line->verb) {
    case daemon::Verb::help: fmt::print("{}", line->text); return 0;
    case daemon::Verb::version: fmt::print("kaitod {}\n", daemon::program_version()); return 0;
    case daemon::Verb::setup: return set_up_once(line->config, clock, random, levelled);
    case daemon::Verb::sign_transcript: return sign_transcript(line->config, clock, levelled);
    case daemon::Verb::accept_rows: return accept_altered_rows(line->config, clock, random, levelled);
    case daemon::Verb::inventory: return show_inventory(line->config, levelled);
    case daemon::Verb::run: return run(line->config, clock, random, levelled, block_signals());
  }
  return 0;
}
