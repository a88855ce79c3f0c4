#include "hsm/worker/server.hpp"

#include <poll.h>
#include <sched.h>

#include <deque>

#include "hsm/worker/dispatcher.hpp"

namespace kaito::hsm {

Status send_hello(Connection& connection, const Status& outcome, ByteView extra) {
  {
    FrameWriter hello(connection.outgoing(), 0, Op::hello);
    if (outcome) {
      write_ok(hello.payload());
      hello.payload().raw(extra);
    } else {
      write_error(hello.payload(), outcome.error());
    }
  }
  return connection.send();
}

Status flush(int socket, Connection& connection) {
  KAITO_CHECK(connection.send());
  while (connection.has_outgoing()) {
    pollfd writable{.fd = socket, .events = POLLOUT, .revents = 0};
    ::poll(&writable, 1, -1);
    KAITO_CHECK(connection.send());
  }
  return {};
}

namespace {

// Takes requests in their order, but unwraps, which people wait for, also in the middle of a rewrap.
class Server {
 public:
  Server(int socket, Connection& connection, KeyService& service)
      : socket_(socket), connection_(connection), service_(service), dispatcher_(service, [this] { return pause(); }) {}

  Status run() {
    while (open_ && !dispatcher_.draining()) {
      if (later_.empty()) {
        pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
        ::poll(&readable, 1, -1);
        open_ = connection_.receive();
      }
      KAITO_CHECK(take_waiting());
      if (service_.must_restart()) return fail(*service_.must_restart());
    }
    return {};
  }

 private:
  // A frame that outlives the buffer that it came in.
  struct OwnFrame {
    std::uint64_t id;
    std::uint16_t op;
    WipedBytes payload;
    [[nodiscard]] Frame view() const { return {.id = id, .op = op, .payload = payload}; }
  };
  static OwnFrame copy_of(const Frame& frame) {
    return {.id = frame.id, .op = frame.op, .payload = {frame.payload.begin(), frame.payload.end()}};
  }
  static bool is(const Frame& frame, Op op) { return frame.op == static_cast<std::uint16_t>(op); }

  Status take_waiting() {
    for (;;) {
      if (!later_.empty()) {
        const OwnFrame frame = std::move(later_.front());
        later_.pop_front();
        if (!answer(frame.view())) return {};
        continue;
      }
      KAITO_TRY(const auto frame, connection_.next());
      if (!frame) return {};
      const bool open = is(*frame, Op::rewrap_deks) ? answer(copy_of(*frame).view()) : answer(*frame);
      if (!open) return {};
    }
  }

  // Sends the reply at once: the next frame may be a long one. False when the client is gone, which is no failure.
  bool answer(const Frame& frame) {
    if (is(frame, Op::rewrap_deks)) {
      // Replies to others leave while this one is being made.
      WipedBytes reply;
      dispatcher_.handle(frame, reply);
      connection_.outgoing().insert(connection_.outgoing().end(), reply.begin(), reply.end());
    } else {
      dispatcher_.handle(frame, connection_.outgoing());
    }
    if (open_ && !flush(socket_, connection_)) open_ = false;
    return open_;
  }

  bool pause() {
    if (!open_ || service_.must_restart()) return false;
    ::sched_yield();  // on a busy machine others wait for the processor whole time slices long while a rewrap goes on
    open_ = connection_.receive();
    bool used = false;
    for (;;) {
      const auto frame = connection_.next();
      // A stream that cannot be read is found so again, when the request is done.
      if (!frame || !*frame) return used;
      if (!is(**frame, Op::unwrap_deks)) {
        later_.push_back(copy_of(**frame));
        continue;
      }
      used = true;
      if (!answer(**frame)) return used;
    }
  }

  int socket_;
  Connection& connection_;
  KeyService& service_;
  Dispatcher dispatcher_;
  std::deque<OwnFrame> later_;  // came during a rewrap; as many as the client has under way
  bool open_ = true;
};

}  // namespace

Status serve(int socket, Connection& connection, KeyService& service) {
  return Server(socket, connection, service).run();
}

}  // namespace kaito::hsm
