// Accepts connections on the first I/O thread and deals them out to all.
#pragma once

#include <memory>
#include <vector>

#include "appliance/base/unique_fd.hpp"
#include "appliance/http/io_thread.hpp"

namespace kaito::http {

// Used on the first thread, but for open() and port().
class Acceptor {
 public:
  // Binds and listens, or checks the inherited socket, which is taken out of the configuration.
  static Result<std::unique_ptr<Acceptor>> open(Front& front, std::vector<std::unique_ptr<IoThread>>& threads);

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  void accept();
  void close() noexcept;

 private:
  using AsioAcceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, IoExecutor>;
  Acceptor(Front& front, std::vector<std::unique_ptr<IoThread>>& threads);
  Status bind();
  Status inherit();
  void accepted(Socket socket, IoThread& thread);
  void out_of_descriptors();
  void accept_later();

  Front& front_;
  std::vector<std::unique_ptr<IoThread>>& threads_;
  AsioAcceptor acceptor_;
  Timer pause_;
  boost::asio::ip::tcp::endpoint peer_;
  // Given up when descriptors run out, so that the connection in the queue can be accepted and closed at once.
  UniqueFd reserve_;
  std::size_t next_ = 0;
  std::uint16_t port_ = 0;
  bool closed_ = false;
};

}  // namespace kaito::http
