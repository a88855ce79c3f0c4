#include "appliance/http/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "appliance/http/client_address.hpp"
#include "appliance/http/head_parser.hpp"
#include "appliance/http/reply_head.hpp"

namespace kaito::http {
namespace {

using boost::system::error_code;

// An idle connection keeps OpenSSL's buffers for this long: a busy one never gives them back.
constexpr Milliseconds kQuietAfter{1'000};
// Served in a row from one connection before the others have their turn.
constexpr std::uint8_t kMaxInARow = 16;
// Read and dropped while lingering.
constexpr std::size_t kMaxDiscarded = std::size_t{1024} * 1024;

}  // namespace

struct Connection::Receiving {
  Connection& connection;
  [[nodiscard]] bool await_ready() const noexcept { return connection.cut_; }
  void await_suspend(std::coroutine_handle<> waiter) const {
    Connection& self = connection;
    self.waiter_ = waiter;
    const auto inbox = self.tls_.inbox();
    self.socket_.async_read_some(boost::asio::buffer(inbox.data(), inbox.size()),
                                 [&self](const error_code& error, std::size_t count) {
                                   self.input_ok_ = !error;
                                   if (!error) self.tls_.received(count);
                                   std::exchange(self.waiter_, {}).resume();
                                 });
  }
  [[nodiscard]] bool await_resume() const noexcept { return connection.input_ok_ && !connection.cut_; }
};

struct Connection::Writable {
  Connection& connection;
  [[nodiscard]] bool await_ready() const noexcept { return connection.cut_; }
  void await_suspend(std::coroutine_handle<> waiter) const {
    Connection& self = connection;
    self.waiter_ = waiter;
    self.socket_.async_wait(Socket::wait_write,
                            [&self](const error_code&) { std::exchange(self.waiter_, {}).resume(); });
  }
  [[nodiscard]] bool await_resume() const noexcept { return !connection.cut_; }
};

struct Connection::Yielding {
  Connection& connection;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) const {
    boost::asio::post(connection.thread_.context(), [waiter] { waiter.resume(); });
  }
  void await_resume() const noexcept {}
};

Connection::Receiving Connection::receive() noexcept { return Receiving{*this}; }
Connection::Writable Connection::writable() noexcept { return Writable{*this}; }

Connection::Connection(IoThread& thread, Socket socket, const IpAddress& peer, std::size_t place)
    : thread_(thread),
      front_(thread.front()),
      peer_(peer),
      place_(place),
      socket_(std::move(socket)),
      tls_(*front_.tls(), socket_.native_handle()) {}

Connection::~Connection() {
  drop_body();
  if (workspace_) thread_.workspaces().give_back(std::move(workspace_));
}

void Connection::start() {
  spawn(run(), [this] { thread_.remove(*this); });
}

void Connection::cut() noexcept {
  if (std::exchange(cut_, true)) return;
  // Not close(): the descriptor's number stays taken until nobody can use it any more.
  error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
}

void Connection::close_if_idle() noexcept {
  if (phase_ != Phase::idle && phase_ != Phase::quiet) return;
  tls_.close_notify();
  cut();
}

void Connection::on_deadline() noexcept {
  if (phase_ == Phase::idle) {
    phase_ = Phase::quiet;
    tls_.release_buffers();
    thread_.set_deadline_at(*this, idle_until_);
    return;
  }
  if (phase_ == Phase::quiet) return close_if_idle();
  if (cut_) return;
  if (phase_ == Phase::handshake) Counters::count(thread_.counters().handshakes_failed);
  if (phase_ != Phase::lingering) Counters::count(thread_.counters().cut);
  cut();
}

void Connection::enter(Phase phase, Milliseconds patience) noexcept {
  phase_ = phase;
  thread_.set_deadline(*this, patience);
}

void Connection::become_idle() noexcept {
  phase_ = Phase::idle;
  const SteadyPoint now = front_.clock.steady_now();
  idle_until_ = now + front_.config.deadlines.idle;
  thread_.set_deadline_at(*this, std::min(now + kQuietAfter, idle_until_));
}

Task<void> Connection::run() {
  if (!co_await shake_hands()) co_return;
  while (co_await exchange()) {
  }
}

Task<bool> Connection::shake_hands() {
  enter(Phase::handshake, front_.config.deadlines.handshake);
  for (;;) {
    bool going_on = false;
    switch (tls_.handshake()) {
      case TlsStream::Step::done: co_return true;
      case TlsStream::Step::wants_input: going_on = co_await receive(); break;
      case TlsStream::Step::wants_output: going_on = co_await writable(); break;
      case TlsStream::Step::closed: break;
    }
    if (going_on) continue;
    if (!cut_) Counters::count(thread_.counters().handshakes_failed);
    co_return false;
  }
}

Task<bool> Connection::exchange() {
  if (!co_await receive_head()) {
    if (!cut_) tls_.close_notify();
    co_return false;
  }
  if (refusal_) {
    Counters::count(thread_.counters().refused);
    const SealedReply reply = front_.application.refuse(*refusal_, workspace_->head.peer);
    if (co_await write_reply(reply, false)) co_await linger();
    co_return false;
  }
  Counters::count(thread_.counters().requests);
  enter(Phase::serving, front_.config.deadlines.request);
  Request request(workspace_->head, *this);
  const SealedReply reply = co_await front_.application.serve(request);
  const bool keep_alive =
      workspace_->head.keep_alive && body_is_complete() && !front_.draining.load(std::memory_order_relaxed);
  if (cut_ || !co_await write_reply(reply, keep_alive)) co_return false;
  if (!keep_alive) {
    co_await linger();
    co_return false;
  }
  finish_request();
  co_return true;
}

Task<bool> Connection::receive_head() {
  become_idle();
  for (;;) {
    if (workspace_ && workspace_->in_used > 0) {
      const HeadScanner::State state = workspace_->scanner.scan(workspace_->text());
      if (state != HeadScanner::State::more) {
        phase_ = Phase::serving;
        refusal_ = judge_head(state);
        if (++in_a_row_ == kMaxInARow) {
          in_a_row_ = 0;
          co_await Yielding{*this};
        }
        co_return !cut_;
      }
      if (phase_ != Phase::head) enter(Phase::head, front_.config.deadlines.head);
    }
    if (!tls_.has_input()) {
      in_a_row_ = 0;
      if (phase_ != Phase::head) {
        if (front_.draining.load(std::memory_order_relaxed)) co_return false;
        if (workspace_) thread_.workspaces().give_back(std::move(workspace_));
      }
      if (!co_await receive()) co_return false;
    }
    if (!workspace_) workspace_ = thread_.workspaces().take();
    const auto [step, count] = tls_.read(workspace_->room());
    workspace_->in_used += count;
    if (step == TlsStream::Step::wants_output && !co_await writable()) co_return false;
    if (step == TlsStream::Step::closed) co_return false;
  }
}

std::optional<Refusal> Connection::judge_head(HeadScanner::State state) {
  RequestHead& head = workspace_->head;
  const TimePoint now = front_.clock.now();
  head.id = thread_.next_request_id(now);
  head.socket_peer = head.peer = peer_;
  head.tls13 = tls_.is_tls13();
  if (state == HeadScanner::State::refused) return workspace_->scanner.refusal();
  if (auto refusal = parse_head(workspace_->text().substr(0, workspace_->scanner.size()), head)) return refusal;
  head.peer = client_address(head, front_.config.trusted_proxies);
  return check_head(head, front_.policy);
}

// Reads until `used` reaches the size of `room`.
Task<bool> Connection::receive_into(std::span<std::uint8_t> room, std::size_t& used) {
  while (used < room.size()) {
    if (!tls_.has_input() && !co_await receive()) co_return false;
    const auto [step, count] = tls_.read(room.subspan(used));
    used += count;
    if (step == TlsStream::Step::wants_output && !co_await writable()) co_return false;
    if (step == TlsStream::Step::closed) co_return false;
  }
  co_return true;
}

Task<Result<std::span<std::uint8_t>>> Connection::read_body(std::size_t limit, Milliseconds deadline) {
  KAITO_INVARIANT(!body_taken_);
  Workspace& space = *workspace_;
  const std::size_t head_size = space.scanner.size();
  if (space.head.content_length > limit)
    co_return fail(Code::payload_too_large, fmt::format("{} bytes, {} allowed", space.head.content_length, limit));
  const auto length = static_cast<std::size_t>(space.head.content_length);
  body_taken_ = true;
  const std::size_t arrived = std::min(space.in_used - head_size, length);
  if (arrived < length) enter(Phase::body, deadline);
  bool ok = true;
  if (space.head.expects_continue && arrived == 0) ok = co_await write(as_bytes("HTTP/1.1 100 Continue\r\n\r\n"));
  std::span<std::uint8_t> body;
  if (head_size + length <= Workspace::kSize) {
    body = std::span(space.in).subspan(head_size, length);
    // Not past the body's end: what a client pipelines behind it waits in the socket.
    ok = ok &&
         co_await receive_into(std::span(space.in).first(std::max(space.in_used, head_size + length)), space.in_used);
  } else {
    body_ = std::make_unique_for_overwrite<std::uint8_t[]>(length);
    body_size_ = length;
    body = {body_.get(), length};
    std::memcpy(body.data(), space.in.data() + head_size, arrived);
    std::size_t used = arrived;
    ok = ok && co_await receive_into(body, used);
  }
  if (!ok) {
    const bool late = cut_;
    cut();
    co_return fail(late ? Code::deadline_exceeded : Code::connection_failed, "the body did not arrive");
  }
  body_complete_ = true;
  enter(Phase::serving, front_.config.deadlines.request);
  co_return body;
}

Task<bool> Connection::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto [step, count] = tls_.write(bytes);
    bytes = bytes.subspan(count);
    if (step == TlsStream::Step::done) continue;
    if (step != TlsStream::Step::wants_output || !co_await writable()) co_return false;
  }
  co_return !cut_;
}

Task<bool> Connection::write_reply(const SealedReply& sealed, bool keep_alive) {
  const Reply& reply = sealed.reply();
  Workspace& space = *workspace_;
  const ReplyContext context{thread_.date(front_.clock.now()), space.head.id, keep_alive};
  const std::size_t head_size = write_reply_head(space.out, reply, context);
  std::span<const std::uint8_t> body;
  if (may_have_body(reply.status) && space.head.method != Method::head) body = as_bytes(reply.body);
  const std::size_t first = std::min(body.size(), space.out.size() - head_size);
  std::copy_n(body.data(), first, space.out.data() + head_size);
  space.out_used = head_size + first;
  const Deadlines& deadlines = front_.config.deadlines;
  enter(Phase::writing, deadlines.write + Seconds(body.size() / deadlines.slowest_reader));
  if (!co_await write(std::span(space.out).first(space.out_used))) co_return false;
  if (first == body.size()) co_return true;
  co_return co_await write(body.subspan(first));
}

Task<void> Connection::linger() {
  tls_.close_notify();
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  enter(Phase::lingering, front_.config.deadlines.linger);
  for (std::size_t discarded = 0; discarded < kMaxDiscarded; discarded += tls_.inbox().size()) {
    tls_.discard_input();
    if (!co_await receive()) co_return;
  }
}

bool Connection::body_is_complete() const noexcept {
  const Workspace& space = *workspace_;
  return body_complete_ || space.head.content_length <= space.in_used - space.scanner.size();
}

void Connection::finish_request() noexcept {
  Workspace& space = *workspace_;
  // A body of its own buffer has taken all that followed the head.
  const std::size_t consumed =
      body_ ? space.in_used : space.scanner.size() + static_cast<std::size_t>(space.head.content_length);
  drop_body();
  space.restart(consumed);
  body_taken_ = body_complete_ = false;
}

void Connection::drop_body() noexcept {
  if (!body_) return;
  wipe({body_.get(), body_size_});
  body_.reset();
  body_size_ = 0;
}

}  // namespace kaito::http
