#include "hsm/client/one_shot.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <chrono>

#include "hsm/client/worker_process.hpp"
#include "hsm/protocol/connection.hpp"
#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {
namespace {

using std::chrono::steady_clock;

Result<Bytes> read_hello(ByteReader payload) {
  KAITO_CHECK(read_outcome(payload));
  KAITO_TRY(const ByteView extra, payload.take(payload.remaining()));
  return Bytes(extra.begin(), extra.end());
}

// The worker still has its module to put down.
void wait_for_exit(WorkerProcess& worker, steady_clock::time_point deadline) {
  constexpr int kPauseMs = 5;
  while (!worker.try_reap() && steady_clock::now() < deadline) ::poll(nullptr, 0, kPauseMs);
}

}  // namespace

Result<Bytes> run_worker_once(const ClientConfig& config, std::vector<std::string> arguments, Milliseconds limit) {
  if (!config.module.empty()) arguments.insert(arguments.end(), {"--module", config.module.string()});
  if (!config.module_arguments.empty())
    arguments.insert(arguments.end(), {"--module-arguments", config.module_arguments});
  if (!config.token_directory.empty())
    arguments.insert(arguments.end(), {"--token-directory", config.token_directory.string()});
  KAITO_TRY(WorkerProcess worker, WorkerProcess::spawn(config, std::move(arguments)));
  Connection connection(worker.socket());
  const auto deadline = steady_clock::now() + limit;
  for (bool open = true; open;) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - steady_clock::now());
    if (left <= Milliseconds::zero()) return fail(Code::hsm_unavailable, "worker did not end in time");
    pollfd readable{.fd = worker.socket(), .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, static_cast<int>(left.count()));
    open = connection.receive();
    KAITO_TRY(const auto frame, connection.next());
    if (!frame) continue;
    auto hello = read_hello(ByteReader(frame->payload));
    wait_for_exit(worker, deadline);
    return hello;
  }
  wait_for_exit(worker, deadline);
  const auto status = worker.try_reap();
  return fail(status ? explain_exit(*status)
                     : Error{.code = Code::hsm_unavailable, .detail = "worker closed its socket"});
}

Result<RawTokenSpeed> measure_raw_speed(const ClientConfig& config, Milliseconds duration) {
  KAITO_TRY(const Bytes reply, run_worker_once(config,
                                               {"--bench", "--token-uri", config.token_uri, "--duration-ms",
                                                fmt::format("{}", duration.count())},
                                               config.start_deadline + 2 * duration));
  ByteReader reader(reply);
  KAITO_TRY(const std::uint64_t decrypts, reader.u64());
  KAITO_TRY(const std::uint64_t recrypts, reader.u64());
  return RawTokenSpeed{.decrypts = static_cast<double>(decrypts), .recrypts = static_cast<double>(recrypts)};
}

Result<TokenReport> examine_token(const ClientConfig& config, Milliseconds duration) {
  KAITO_TRY(const Bytes reply, run_worker_once(config,
                                               {"--doctor", "--token-uri", config.token_uri, "--duration-ms",
                                                fmt::format("{}", duration.count())},
                                               config.start_deadline + 2 * duration));
  ByteReader reader(reply);
  return read_token_report(reader);
}

}  // namespace kaito::hsm
