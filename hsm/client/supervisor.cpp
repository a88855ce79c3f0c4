#include "hsm/client/supervisor.hpp"

#include <fmt/format.h>
#include <poll.h>

#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {
namespace {

// Frames of each kind under way at once: single unwraps, which the worker takes even in the middle of a rewrap, and all
// other calls. One keeps the worker busy while the next one gathers calls; more would only make frames smaller.
constexpr std::size_t kMaxSent = 2;
constexpr Milliseconds kReapInterval{5};
// A worker that served for so long was well: its end starts the pauses anew.
constexpr Milliseconds kStable{5000};

Error unavailable(std::string detail) { return {.code = Code::hsm_unavailable, .detail = std::move(detail)}; }

std::vector<std::string> serve_arguments(const ClientConfig& config) {
  std::vector<std::string> arguments{"--serve", "--token-uri", config.token_uri, "--org-kek-capacity",
                                     fmt::format("{}", config.org_kek_capacity)};
  if (config.customer) arguments.emplace_back("--customer");
  if (!config.module.empty()) arguments.insert(arguments.end(), {"--module", config.module.string()});
  if (!config.module_arguments.empty())
    arguments.insert(arguments.end(), {"--module-arguments", config.module_arguments});
  if (!config.token_directory.empty())
    arguments.insert(arguments.end(), {"--token-directory", config.token_directory.string()});
  return arguments;
}

}  // namespace

Supervisor::Supervisor(ClientConfig config, const Clock& clock, Logger& logger)
    : config_(std::move(config)),
      clock_(clock),
      logger_(logger),
      queue_(config_.max_batch, config_.max_outstanding),
      started_at_(clock.steady_now()),
      last_received_(started_at_),
      next_start_(started_at_),
      backoff_(config_.first_backoff) {}

Supervisor::~Supervisor() { stop(); }

Status Supervisor::start() {
  thread_ = std::thread([this] { run(); });
  std::unique_lock lock(state_mutex_);
  const bool settled = state_changed_.wait_for(lock, config_.start_deadline, [this] {
    return state_.phase == WorkerPhase::running || state_.phase == WorkerPhase::failed;
  });
  if (state_.phase == WorkerPhase::running) return {};
  if (state_.failure) return fail(*state_.failure);
  return fail(unavailable(settled ? "worker failed" : "worker did not start in time"));
}

void Supervisor::launch() {
  queue_.open();
  thread_ = std::thread([this] { run(); });
}

void Supervisor::stop() {
  stop_asked_ = true;
  wake_.set();
  if (thread_.joinable()) thread_.join();
}

void Supervisor::submit(Call call) {
  if (queue_.push(std::move(call))) wake_.set();
}

void Supervisor::submit(SingleUnwrap single) {
  if (queue_.push(std::move(single))) wake_.set();
}

WorkerState Supervisor::state() const {
  const std::scoped_lock lock(state_mutex_);
  WorkerState state = state_;
  state.outstanding = queue_.outstanding();
  return state;
}

void Supervisor::set_phase(WorkerPhase phase) {
  const std::scoped_lock lock(state_mutex_);
  state_.phase = phase;
  state_.pid = worker_ ? worker_->pid() : -1;
  state_changed_.notify_all();
}

void Supervisor::run() {
  while (!done_) {
    turn(clock_.steady_now());
    if (!done_) wait(clock_.steady_now());
  }
  queue_.fail_all(unavailable("HSM client is stopping"));
  set_phase(WorkerPhase::stopped);
}

void Supervisor::turn(SteadyPoint now) {
  if (stop_asked_ && !stop_by_) begin_stop(now);
  if (worker_ && abandoned_)
    reap_worker(now);
  else if (worker_)
    watch_worker(now);
  else if (stop_by_)
    done_ = true;
  else if (state().phase != WorkerPhase::failed && now >= next_start_)
    spawn_worker(now);
}

void Supervisor::begin_stop(SteadyPoint now) {
  stop_by_ = now + config_.call_deadline;
  queue_.refuse(unavailable("HSM client is stopping"));
  // A worker in its preflight owes nobody an answer.
  if (worker_ && !greeted_ && !abandoned_) abandon_worker(unavailable("HSM client is stopping"));
}

void Supervisor::spawn_worker(SteadyPoint now) {
  auto spawned = WorkerProcess::spawn(config_, serve_arguments(config_));
  {
    const std::scoped_lock lock(state_mutex_);
    ++state_.starts;
  }
  if (!spawned) {
    queue_.refuse(spawned.error());
    queue_.fail_all(spawned.error());
    return worker_ended(std::move(spawned).error(), now);
  }
  worker_.emplace(*std::move(spawned));
  connection_.emplace(worker_->socket());
  started_at_ = now;
  greeted_ = draining_ = hung_ = false;
  set_phase(WorkerPhase::starting);
  logger_.info("hsm.worker.started", {{"pid", worker_->pid()}});
}

void Supervisor::watch_worker(SteadyPoint now) {
  if (readable_) receive_frames(now);
  if (abandoned_) return;
  expire_calls(now);
  if (greeted_) {
    send_calls(now);
    if (const auto sent = connection_->send(); !sent) return abandon_worker(sent.error());
  }
  hung_ = now >= (greeted_ ? hang_time() : started_at_ + config_.start_deadline);
  if (hung_)
    abandon_worker(unavailable("worker did not answer in time"));
  else if (stop_by_ && now >= *stop_by_)
    abandon_worker(unavailable("worker did not exit in time"));
}

void Supervisor::send_calls(SteadyPoint now) {
  std::size_t singles =
      static_cast<std::size_t>(std::ranges::count_if(sent_, [](const auto& sent) { return sent.second.call.singles; }));
  std::size_t others = sent_.size() - singles;
  for (;;) {
    auto call = queue_.take({.singles = singles < kMaxSent, .others = others < kMaxSent});
    if (!call) break;
    ++(call->singles ? singles : others);
    const std::uint64_t id = next_id_++;
    FrameWriter(connection_->outgoing(), id, call->op).payload().raw(call->payload);
    WipedBytes().swap(call->payload);
    sent_.emplace(id, Sent{.call = *std::move(call), .at = now});
  }
  if (stop_by_ && !draining_ && sent_.empty() && queue_.empty()) {
    draining_ = true;
    const FrameWriter drain(connection_->outgoing(), next_id_++, Op::drain);
  }
}

void Supervisor::receive_frames(SteadyPoint now) {
  const bool open = connection_->receive();
  for (;;) {
    auto frame = connection_->next();
    if (!frame) return abandon_worker(std::move(frame).error());
    if (!*frame) break;
    handle(**frame, now);
    if (abandoned_) return;
  }
  if (!open) abandon_worker(unavailable("worker closed its connection"));
}

void Supervisor::handle(const Frame& frame, SteadyPoint now) {
  last_received_ = now;
  if (frame.op == static_cast<std::uint16_t>(Op::hello)) return handle_hello(ByteReader(frame.payload), now);
  auto found = sent_.find(frame.id);
  if (found == sent_.end()) return;  // answered already, with a deadline's error
  Call call = std::move(found->second.call);
  const SteadyPoint sent_at = found->second.at;
  sent_.erase(found);
  queue_.finished(call);
  ByteReader reply(frame.payload);
  auto outcome = read_outcome(reply);
  statistics_.add(call.op, outcome.has_value(), now - sent_at);
  if (!outcome)
    call.done(fail(std::move(outcome).error()));
  else
    call.done(reply);
}

void Supervisor::handle_hello(ByteReader payload, SteadyPoint now) {
  if (auto outcome = read_outcome(payload); !outcome) return abandon_worker(std::move(outcome).error());
  greeted_ = ever_served_ = true;
  started_at_ = now;
  {
    const std::scoped_lock lock(state_mutex_);
    state_.failure.reset();
  }
  if (!stop_by_) queue_.open();
  set_phase(WorkerPhase::running);
  logger_.info("hsm.worker.serves", {{"pid", worker_->pid()}});
}

void Supervisor::abandon_worker(Error reason) {
  // Whatever the worker still does, nobody waits for it. SIGKILL does not change how an exit that has begun is told.
  worker_->kill();
  if (!stop_by_) queue_.refuse(unavailable("HSM worker is restarting: " + reason.detail));
  const Error for_callers = unavailable(reason.detail);
  auto lost = std::exchange(sent_, {});
  for (auto& [id, sent] : lost) {
    queue_.finished(sent.call);
    sent.call.done(fail(for_callers));
  }
  queue_.fail_all(for_callers);
  abandoned_ = std::move(reason);
}

void Supervisor::reap_worker(SteadyPoint now) {
  const auto status = worker_->try_reap();
  if (!status) return;
  Error reason = *std::exchange(abandoned_, std::nullopt);
  // The worker's own words say more than its exit; where it had none left, the exit does.
  Error exit = explain_exit(*status);
  if (reason.code == Code::hsm_unavailable) {
    exit.detail = fmt::format("{}; {}", reason.detail, exit.detail);
    reason = std::move(exit);
  }
  connection_.reset();
  worker_.reset();
  if (draining_) {
    if (*status != 0) logger_.warning("hsm.worker.unclean_exit", {{"error", reason}});
    return set_phase(WorkerPhase::stopped);
  }
  {
    const std::scoped_lock lock(state_mutex_);
    ++(hung_ ? state_.hangs : state_.crashes);
  }
  worker_ended(std::move(reason), now);
}

void Supervisor::worker_ended(Error reason, SteadyPoint now) {
  if (greeted_ && now - started_at_ >= kStable) backoff_ = config_.first_backoff;
  greeted_ = false;
  const bool lasting = is_lasting(reason.code);
  next_start_ = now + backoff_;
  logger_.error("hsm.worker.ended", {{"error", reason}, {"restart_in_ms", lasting ? -1 : backoff_.count()}});
  backoff_ = std::min(backoff_ * 2, config_.longest_backoff);
  if (lasting) queue_.refuse(reason);
  {
    const std::scoped_lock lock(state_mutex_);
    state_.failure = std::move(reason);
  }
  set_phase(lasting ? WorkerPhase::failed : WorkerPhase::restarting);
}

bool Supervisor::is_lasting(Code code) const {
  if (code == Code::hsm_pin_rejected || code == Code::hsm_key_rejected) return true;
  if (config_.customer) return false;
  // What worked once may work again: a token that was unplugged, a module in the middle of its update.
  return !ever_served_ && (code == Code::configuration || code == Code::hsm_unsupported);
}

void Supervisor::expire_calls(SteadyPoint now) {
  const Error late = unavailable("HSM call passed its deadline");
  queue_.expire(now, late);
  for (auto& [id, sent] : sent_) {
    if (sent.call.deadline > now) continue;
    // The entry stays until the worker answers or is found to hang, but nobody waits for it any more.
    sent.call.deadline = SteadyPoint::max();
    std::exchange(sent.call.done, [](const Result<ByteReader>&) {})(fail(late));
  }
}

SteadyPoint Supervisor::hang_time() const {
  if (sent_.empty()) return SteadyPoint::max();
  const auto& oldest = sent_.begin()->second;  // frames are answered in their order
  return std::max(oldest.at, last_received_) + config_.call_deadline + oldest.call.allowance;
}

SteadyPoint Supervisor::next_timer(SteadyPoint now) const {
  if (abandoned_) return now + kReapInterval;
  SteadyPoint next = now + Seconds(60);
  if (stop_by_) next = std::min(next, *stop_by_);
  if (!worker_) return state().phase == WorkerPhase::failed ? next : std::min(next, next_start_);
  if (const auto deadline = queue_.next_deadline()) next = std::min(next, *deadline);
  if (!greeted_) return std::min(next, started_at_ + config_.start_deadline);
  for (const auto& [id, sent] : sent_) next = std::min(next, sent.call.deadline);
  return std::min(next, hang_time());
}

void Supervisor::wait(SteadyPoint now) {
  const auto pause = std::chrono::ceil<Milliseconds>(std::max(next_timer(now) - now, SteadyPoint::duration::zero()));
  pollfd fds[2]{{.fd = wake_.fd(), .events = POLLIN, .revents = 0}, {.fd = -1, .events = POLLIN, .revents = 0}};
  if (worker_ && !abandoned_) {
    fds[1].fd = worker_->socket();
    if (connection_->has_outgoing()) fds[1].events |= POLLOUT;
  }
  ::poll(fds, 2, static_cast<int>(pause.count()));
  if (fds[0].revents != 0) wake_.clear();
  readable_ = fds[1].revents != 0;
}

}  // namespace kaito::hsm
