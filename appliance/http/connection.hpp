// One connection, from the TLS handshake to its end.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "appliance/http/io_thread.hpp"
#include "appliance/http/request.hpp"
#include "appliance/http/sealed_reply.hpp"
#include "appliance/http/tls_stream.hpp"

namespace kaito::http {

// Lives on one I/O thread and is used only there. Ends by itself and is then removed from its thread. Requests are
// served one after the other, pipelined ones too.
class Connection final : public BodySource, private Deadline {
 public:
  Connection(IoThread& thread, Socket socket, const IpAddress& peer, std::size_t place);
  ~Connection() override;

  void start();
  // Ends what waits on the socket; a request in the application's hands ends first.
  void cut() noexcept;
  void close_if_idle() noexcept;

  static Connection& of(Deadline& deadline) noexcept { return static_cast<Connection&>(deadline); }
  void on_deadline() noexcept;

  [[nodiscard]] const IpAddress& peer() const noexcept { return peer_; }
  [[nodiscard]] std::size_t place() const noexcept { return place_; }
  void set_place(std::size_t place) noexcept { place_ = place; }

  Task<Result<std::span<std::uint8_t>>> read_body(std::size_t limit, Milliseconds deadline) override;

 private:
  enum class Phase : std::uint8_t { handshake, idle, quiet, head, serving, body, writing, lingering };

  // Awaitables of the socket; false when the connection is at its end.
  struct Receiving;
  struct Writable;
  struct Yielding;
  Receiving receive() noexcept;
  Writable writable() noexcept;

  Task<void> run();
  Task<bool> shake_hands();
  // One request and its reply. False: the connection ends.
  Task<bool> exchange();
  // Waits for a complete head. False: none came. Afterwards refusal_ says whether it may be served.
  Task<bool> receive_head();
  std::optional<Refusal> judge_head(HeadScanner::State state);
  Task<bool> receive_into(std::span<std::uint8_t> room, std::size_t& used);
  Task<bool> write(std::span<const std::uint8_t> bytes);
  Task<bool> write_reply(const SealedReply& reply, bool keep_alive);
  // After the last reply: lets the peer read it before the descriptor is closed, which could send a reset.
  Task<void> linger();

  void enter(Phase phase, Milliseconds patience) noexcept;
  void become_idle() noexcept;
  [[nodiscard]] bool body_is_complete() const noexcept;
  void finish_request() noexcept;
  void drop_body() noexcept;

  IoThread& thread_;
  Front& front_;
  const IpAddress peer_;
  std::size_t place_;
  Socket socket_;
  TlsStream tls_;
  std::coroutine_handle<> waiter_;
  std::unique_ptr<Workspace> workspace_;  // while a request is in flight
  std::optional<Refusal> refusal_;
  std::unique_ptr<std::uint8_t[]> body_;  // of a request whose body does not fit the workspace
  std::size_t body_size_ = 0;
  SteadyPoint idle_until_{};
  Phase phase_ = Phase::handshake;
  bool input_ok_ = true;
  bool cut_ = false;
  bool body_taken_ = false;     // read_body() was called
  bool body_complete_ = false;  // and has all of it
  std::uint8_t in_a_row_ = 0;   // pipelined requests served without waiting
};

}  // namespace kaito::http
