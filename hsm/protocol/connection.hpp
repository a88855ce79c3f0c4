// Frames over a non-blocking stream socket; either end of the socketpair.
#pragma once

#include "hsm/protocol/frame.hpp"

namespace kaito::hsm {

// The file descriptor by which a worker reaches its client.
inline constexpr int kWorkerSocket = 3;

class Connection {
 public:
  // `socket` stays the caller's and must outlive the connection.
  explicit Connection(int socket) : socket_(socket) {}

  // Where FrameWriter puts the frames to be sent.
  WipedBytes& outgoing() noexcept { return outgoing_; }
  [[nodiscard]] bool has_outgoing() const noexcept { return sent_ < outgoing_.size(); }
  // Sends what the socket takes. hsm_unavailable: the peer is gone.
  Status send();

  // Reads once what the socket has, or what fits. False: the peer is gone. Take the frames, then poll the socket again.
  bool receive();
  // As FrameBuffer::next().
  Result<std::optional<Frame>> next() { return incoming_.next(); }

 private:
  int socket_;
  WipedBytes outgoing_;
  std::size_t sent_ = 0;
  FrameBuffer incoming_;
};

}  // namespace kaito::hsm
