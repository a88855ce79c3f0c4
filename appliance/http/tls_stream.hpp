// TLS over a non-blocking socket. Asio waits for the socket and receives; this turns bytes into bytes. Going without
// Asio's own SSL stream saves two copies and 68 KiB of buffers for each connection.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "appliance/http/openssl_handles.hpp"

namespace kaito::http {

// One thread at a time. The BIO points at this object, so it does not move.
class TlsStream {
 public:
  enum class Step : std::uint8_t {
    done,
    wants_input,   // receive into inbox(), call received(), try again
    wants_output,  // wait until the socket takes more, try again with the same bytes
    closed,        // the peer has closed, or broke the protocol (an alert has been sent)
  };
  struct Transfer {
    Step step;
    std::size_t count;  // bytes, when done
  };

  // `socket` stays the caller's and outlives this.
  TlsStream(SSL_CTX& context, int socket);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  [[nodiscard]] Step handshake() noexcept;
  [[nodiscard]] Transfer read(std::span<std::uint8_t> into) noexcept;
  // At most one record's worth is taken.
  [[nodiscard]] Transfer write(std::span<const std::uint8_t> bytes) noexcept;
  // Sends close_notify, as far as the socket takes it.
  void close_notify() noexcept;

  // Where ciphertext is received; only while has_input() is false.
  [[nodiscard]] std::span<std::uint8_t> inbox() noexcept { return inbox_; }
  void received(std::size_t count) noexcept;
  // Ciphertext has come that read() has not looked at.
  [[nodiscard]] bool has_input() const noexcept;
  // Drops ciphertext unread.
  void discard_input() noexcept;

  // Gives OpenSSL's record buffers back until they are needed again: 33 KiB that an idle connection need not hold.
  void release_buffers() noexcept;
  [[nodiscard]] bool is_tls13() const noexcept;

 private:
  static BIO_METHOD* bio_method();
  static int bio_read(BIO* bio, char* out, int size);
  static int bio_write(BIO* bio, const char* bytes, int size);
  static long bio_control(BIO* bio, int command, long number, void* pointer);

  [[nodiscard]] Step step_after(int result) noexcept;
  int take_input(std::span<std::uint8_t> out) noexcept;
  int receive(std::span<std::uint8_t> into) noexcept;

  // Holds a typical request whole. Larger input is received straight into OpenSSL's buffer.
  static constexpr std::size_t kInbox = 2 * 1024;

  int socket_;
  bool socket_may_have_more_ = false;  // the last receive filled its buffer
  bool end_of_stream_ = false;
  std::uint16_t inbox_begin_ = 0;
  std::uint16_t inbox_end_ = 0;
  SslPtr ssl_;
  std::array<std::uint8_t, kInbox> inbox_;
};

}  // namespace kaito::http
