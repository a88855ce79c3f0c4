// One I/O thread: an event loop, its connections, and what they share without a lock.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "appliance/base/task.hpp"
#include "appliance/http/deadline_wheel.hpp"
#include "appliance/http/front.hpp"
#include "appliance/http/workspace.hpp"

namespace kaito::http {

// The executor's own type instead of any_io_executor: no type erasure on the way of each operation.
using IoExecutor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, IoExecutor>;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>, IoExecutor>;

class Connection;

// Written by one thread, read by any.
struct Counters {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> turned_away{0};
  std::atomic<std::uint64_t> handshakes_failed{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> cut{0};

  static void count(std::atomic<std::uint64_t>& counter) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

// Everything but post(), start(), stop() and the counters is used on the thread itself.
class IoThread final : public Executor {
 public:
  IoThread(Front& front, unsigned number);
  ~IoThread() override;

  void post(std::move_only_function<void()> work) override;
  void start();
  // Waits for the thread's end; its connections must have ended.
  void stop();

  // Takes over a connection that ConnectionLimits has let in.
  void adopt(Socket socket, const IpAddress& peer);
  void remove(Connection& connection);
  // Closes connections that wait for a request, or all.
  void close_idle();
  void cut_all();

  void set_deadline(Deadline& deadline, Milliseconds from_now) {
    wheel_.set(deadline, front_.clock.steady_now() + from_now);
  }
  void set_deadline_at(Deadline& deadline, SteadyPoint at) { wheel_.set(deadline, at); }
  // The Date header's value.
  std::string_view date(TimePoint now);
  RequestId next_request_id(TimePoint now);

  [[nodiscard]] Front& front() noexcept { return front_; }
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
  [[nodiscard]] WorkspacePool& workspaces() noexcept { return workspaces_; }
  [[nodiscard]] Counters& counters() noexcept { return counters_; }

 private:
  void run();
  void turn_wheel();

  Front& front_;
  const unsigned number_;
  boost::asio::io_context context_{1};  // 1: only one thread runs it
  boost::asio::executor_work_guard<IoExecutor> work_;
  Timer tick_;
  DeadlineWheel wheel_;
  WorkspacePool workspaces_;
  std::vector<Connection*> connections_;  // each knows its place
  PooledRandom id_random_;
  std::int64_t date_second_ = 0;
  std::string date_;
  Counters counters_;
  std::thread thread_;
};

}  // namespace kaito::http
