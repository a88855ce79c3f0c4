#include "appliance/http/io_thread.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <csignal>

#include "appliance/http/connection.hpp"
#include "appliance/http/reply_head.hpp"

namespace kaito::http {

IoThread::IoThread(Front& front, unsigned number)
    : front_(front),
      number_(number),
      work_(context_.get_executor()),
      tick_(context_.get_executor()),
      wheel_(front.clock.steady_now()),
      id_random_(front.random) {}

IoThread::~IoThread() { stop(); }

void IoThread::post(std::move_only_function<void()> work) { boost::asio::post(context_, std::move(work)); }

void IoThread::start() {
  // Signals are the main thread's business; a new thread inherits the mask.
  sigset_t all{};
  sigset_t before{};
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void IoThread::stop() {
  if (!thread_.joinable()) return;
  context_.stop();
  thread_.join();
  KAITO_INVARIANT(connections_.empty());
}

void IoThread::run() {
  pthread_setname_np(pthread_self(), fmt::format("kaito-http-{}", number_).c_str());
  const Scope scope(*this);
  turn_wheel();
  context_.run();
}

void IoThread::turn_wheel() {
  wheel_.turn(front_.clock.steady_now(), [](Deadline& deadline) { Connection::of(deadline).on_deadline(); });
  tick_.expires_after(DeadlineWheel::kTick);
  tick_.async_wait([this](const boost::system::error_code& error) {
    if (!error) turn_wheel();
  });
}

void IoThread::adopt(Socket socket, const IpAddress& peer) {
  auto connection = std::make_unique<Connection>(*this, std::move(socket), peer, connections_.size());
  connections_.push_back(connection.get());
  connection.release()->start();  // remove() takes it back
}

void IoThread::remove(Connection& connection) {
  const std::size_t place = connection.place();
  connections_[place] = connections_.back();
  connections_[place]->set_place(place);
  connections_.pop_back();
  const IpAddress peer = connection.peer();
  std::unique_ptr<Connection>(&connection).reset();
  // The count falls after the descriptor is closed: whoever waits for none finds none.
  front_.limits.leave(peer);
}

void IoThread::close_idle() {
  const std::vector<Connection*> now = connections_;  // closing one changes the list, but not before it resumes
  for (Connection* connection : now) connection->close_if_idle();
}

void IoThread::cut_all() {
  const std::vector<Connection*> now = connections_;
  for (Connection* connection : now) connection->cut();
}

std::string_view IoThread::date(TimePoint now) {
  const std::int64_t second = to_unix_s(now);
  if (second != date_second_ || date_.empty()) {
    date_second_ = second;
    date_ = http_date(second);
  }
  return date_;
}

RequestId IoThread::next_request_id(TimePoint now) { return RequestId(make_uuid_v7(now, id_random_)); }

}  // namespace kaito::http
