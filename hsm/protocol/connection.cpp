#include "hsm/protocol/connection.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace kaito::hsm {

Status Connection::send() {
  while (has_outgoing()) {
    const ssize_t count = ::send(socket_, outgoing_.data() + sent_, outgoing_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
    if (count < 0) return fail(Code::hsm_unavailable, fmt::format("send: {}", std::strerror(errno)));
    sent_ += static_cast<std::size_t>(count);
  }
  wipe(outgoing_);
  outgoing_.clear();
  sent_ = 0;
  return {};
}

bool Connection::receive() {
  const auto space = incoming_.space();
  if (space.empty()) return true;
  ssize_t count = 0;
  do count = ::recv(socket_, space.data(), space.size(), 0);
  while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
  incoming_.received(static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace kaito::hsm
