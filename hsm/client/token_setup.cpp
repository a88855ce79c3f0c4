#include "hsm/client/token_setup.hpp"

#include <poll.h>

#include <chrono>

#include "hsm/client/worker_process.hpp"
#include "hsm/protocol/connection.hpp"
#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {
namespace {

using std::chrono::steady_clock;

Status wait_for_hello(const WorkerProcess& worker, Milliseconds limit) {
  Connection connection(worker.socket());
  const auto deadline = steady_clock::now() + limit;
  for (bool open = true; open;) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - steady_clock::now());
    if (left <= Milliseconds::zero()) return fail(Code::hsm_unavailable, "token set-up did not end in time");
    pollfd readable{.fd = worker.socket(), .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, static_cast<int>(left.count()));
    open = connection.receive();
    KAITO_TRY(const auto frame, connection.next());
    if (!frame) continue;
    ByteReader payload(frame->payload);
    return read_outcome(payload);
  }
  return fail(Code::hsm_unavailable, "worker ended during token set-up");
}

}  // namespace

Status set_up_token(const ClientConfig& config, const TokenSetup& setup) {
  std::vector<std::string> arguments{"--init-token",
                                     "--label",
                                     setup.label,
                                     "--so-pin-file",
                                     setup.so_pin_file.string(),
                                     "--pin-file",
                                     setup.user_pin_file.string()};
  if (!config.module.empty()) arguments.insert(arguments.end(), {"--module", config.module.string()});
  if (!config.token_directory.empty())
    arguments.insert(arguments.end(), {"--token-directory", config.token_directory.string()});
  KAITO_TRY(const WorkerProcess worker, WorkerProcess::spawn(config, std::move(arguments)));
  return wait_for_hello(worker, config.start_deadline);
}

}  // namespace kaito::hsm
