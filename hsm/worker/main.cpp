// kaito-hsm-worker: the only process that loads a PKCS#11 module, and the only one that knows the PIN.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "hsm/examination.hpp"
#include "hsm/modules.hpp"
#include "hsm/raw_speed.hpp"
#include "hsm/token_init.hpp"
#include "hsm/worker/options.hpp"
#include "hsm/worker/server.hpp"

namespace kaito::hsm {
namespace {

// Whether a client holds the other end of kWorkerSocket, or a person started us from a shell.
bool has_client() {
  struct stat info{};
  return ::fstat(kWorkerSocket, &info) == 0 && S_ISSOCK(info.st_mode);
}

Status isolate(bool client) {
  KAITO_CHECK(init_secret_memory());
  ::umask(077);
  ::close_range(static_cast<unsigned>(client ? kWorkerSocket + 1 : kWorkerSocket), ~0U, 0);
  ::signal(SIGPIPE, SIG_IGN);
  if (!client) return {};
  ::fcntl(kWorkerSocket, F_SETFL, O_NONBLOCK);
  ::fcntl(kWorkerSocket, F_SETFD, FD_CLOEXEC);
  // The daemon ends us: by a drain, by closing the socket, by its death. A service stop signals both of us at once, and
  // requests that are under way still need answers.
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return fail(Code::internal, "PR_SET_PDEATHSIG");
  return {};
}

// What the modes share: the guarded directory, then the module, in this order and undone in the reverse.
struct Ground {
  std::optional<GuardedTokenDirectory> guard;
  std::unique_ptr<Modules> modules;
};

Result<Ground> lay_ground(const Options& options, Logger& logger) {
  Ground ground;
  if (!options.token_directory.empty()) {
    KAITO_TRY(ground.guard, GuardedTokenDirectory::take(options.token_directory, logger));
  }
  KAITO_TRY(ground.modules, Modules::load(options.module, options.module_arguments));
  return ground;
}

Status run_init_token(const Options& options, Logger& logger) {
  KAITO_TRY(const Pin so_pin, read_pin_file(options.so_pin_file));
  KAITO_TRY(const Pin user_pin, read_pin_file(options.pin_file));
  KAITO_TRY(Ground ground, lay_ground(options, logger));
  KAITO_CHECK(init_token(ground.modules->all(), options.label, so_pin, user_pin));
  if (ground.guard) KAITO_CHECK(ground.guard->commit());
  logger.info("hsm.token.ready", {{"label", options.label}});
  return {};
}

Result<RawSpeed> run_bench(const Options& options, const Clock& clock, Logger& logger) {
  KAITO_TRY(TokenUri uri, TokenUri::parse(options.token_uri));
  KAITO_TRY(Pin pin, read_pin_file(uri.pin_file()));
  KAITO_TRY(Ground ground, lay_ground(options, logger));
  auto token = Token::open(ground.modules->all(), std::move(uri), std::move(pin));
  if (!token) return fail(std::move(token.error().error));
  if (ground.guard) KAITO_CHECK(ground.guard->commit());
  auto speed = measure_raw_speed((*token)->session(), clock, options.duration);
  if (!speed) return fail(std::move(speed.error().error));
  return *speed;
}

Result<TokenReport> run_doctor(const Options& options, const Clock& clock, Logger& logger) {
  KAITO_TRY(TokenUri uri, TokenUri::parse(options.token_uri));
  KAITO_TRY(Pin pin, read_pin_file(uri.pin_file()));
  KAITO_TRY(Ground ground, lay_ground(options, logger));
  auto token = Token::open(ground.modules->all(), std::move(uri), std::move(pin));
  if (!token) return fail(std::move(token.error().error));
  SystemRandom random;
  auto report = examine(**token, clock, random, options.duration);
  if (!report) return fail(std::move(report.error().error));
  report->os_locking = !ground.modules->without_locking();
  return *std::move(report);
}

Status run_server(const Options& options, Connection& connection, const Clock& clock, Logger& logger) {
  SystemRandom random;
  Ground ground;  // outlives the service that stands on it
  const auto open = [&]() -> Result<std::unique_ptr<KeyService>> {
    KAITO_TRY(TokenUri uri, TokenUri::parse(options.token_uri));
    KAITO_TRY(Pin pin, read_pin_file(uri.pin_file()));
    KAITO_TRY(ground, lay_ground(options, logger));
    return KeyService::open(ground.modules->all(), std::move(uri), std::move(pin),
                            options.customer ? TokenRole::customer : TokenRole::appliance, options.org_kek_capacity,
                            ground.guard ? &*ground.guard : nullptr, clock, random, logger);
  };
  auto service = open();
  KAITO_CHECK(send_hello(connection, service ? Status() : fail(service.error())));
  if (!service) return fail(std::move(service).error());
  return serve(kWorkerSocket, connection, **service);
}

Status run(const Options& options, bool client, const Clock& clock, Logger& logger) {
  Connection connection(kWorkerSocket);
  if (options.mode == Mode::serve) {
    if (!client) return fail(Code::usage, "--serve is for kaitod, which gives a socket on file descriptor 3");
    return run_server(options, connection, clock, logger);
  }
  Status outcome;
  Bytes extra;
  if (options.mode == Mode::init_token) {
    outcome = run_init_token(options, logger);
  } else if (options.mode == Mode::doctor) {
    if (!client)
      return fail(Code::usage, "--doctor is for `kaito hsm doctor`, which gives a socket on file descriptor 3");
    const auto report = run_doctor(options, clock, logger);
    outcome = report ? Status() : fail(report.error());
    WipedBytes bytes;
    WireWriter writer(bytes);
    if (report) write_token_report(writer, *report);
    extra.assign(bytes.begin(), bytes.end());
  } else {
    const auto speed = run_bench(options, clock, logger);
    outcome = speed ? Status() : fail(speed.error());
    if (speed) {
      append_u64(extra, static_cast<std::uint64_t>(speed->decrypts));
      append_u64(extra, static_cast<std::uint64_t>(speed->recrypts));
      if (!client)
        fmt::print("{:.0f} decrypts per second\n{:.0f} decrypts and encrypts per second\n", speed->decrypts,
                   speed->recrypts);
    }
  }
  if (client) KAITO_CHECK(send_hello(connection, outcome, extra));
  return outcome;
}

int worker_main(std::span<const char* const> arguments) {
  const bool client = has_client();
  const SystemClock clock;
  StderrSink sink;
  Logger logger(sink, clock);
  const auto finish = [&](const Status& outcome) {
    if (outcome) return 0;
    logger.error("hsm.worker.failed", {{"error", outcome.error()}});
    return static_cast<int>(traits(outcome.error().code).exit_code);
  };
  if (const auto isolated = isolate(client); !isolated) return finish(isolated);
  const auto options = parse_options(arguments);
  if (!options) return finish(fail(options.error()));
  if (options->mode == Mode::help) {
    fmt::print("{}", kUsage);
    return 0;
  }
  return finish(run(*options, client, clock, logger));
}

}  // namespace
}  // namespace kaito::hsm

int main(int count, char** arguments) {
  const std::vector<const char*> list(arguments + 1, arguments + count);
  return kaito::hsm::worker_main(list);
}
