#include "appliance/http/tls_stream.hpp"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>

#include "appliance/base/invariant.hpp"

namespace kaito::http {
namespace {

constexpr int kWouldBlock = -1;
constexpr int kBroken = -2;

template <class Call>
ssize_t retried(Call call) noexcept {
  ssize_t result = 0;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

// SSL_get_error() looks into the thread's queue of errors. It is nearly always empty, and a look is cheaper than
// emptying it.
void forget_errors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

BIO_METHOD* TlsStream::bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kaito socket");
    KAITO_INVARIANT(made != nullptr);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

TlsStream::TlsStream(SSL_CTX& context, int socket) : socket_(socket), ssl_(SSL_new(&context)) {
  BIO* bio = BIO_new(bio_method());
  KAITO_INVARIANT(ssl_ != nullptr && bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

TlsStream::Step TlsStream::step_after(int result) noexcept {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE: return Step::done;
    case SSL_ERROR_WANT_READ: return Step::wants_input;
    case SSL_ERROR_WANT_WRITE: return Step::wants_output;
    default: return Step::closed;
  }
}

TlsStream::Step TlsStream::handshake() noexcept {
  forget_errors();
  return step_after(SSL_do_handshake(ssl_.get()));
}

TlsStream::Transfer TlsStream::read(std::span<std::uint8_t> into) noexcept {
  forget_errors();
  std::size_t count = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
  return result == 1 ? Transfer{Step::done, count} : Transfer{step_after(result), 0};
}

TlsStream::Transfer TlsStream::write(std::span<const std::uint8_t> bytes) noexcept {
  forget_errors();
  std::size_t count = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  return result == 1 ? Transfer{Step::done, count} : Transfer{step_after(result), 0};
}

void TlsStream::close_notify() noexcept {
  // SSL_shutdown in the middle of a handshake, or after a fatal error, is itself an error.
  forget_errors();
  if (SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  forget_errors();
}

void TlsStream::received(std::size_t count) noexcept {
  inbox_begin_ = 0;
  inbox_end_ = static_cast<std::uint16_t>(count);
  socket_may_have_more_ = count == kInbox;
}

bool TlsStream::has_input() const noexcept {
  return inbox_begin_ != inbox_end_ || socket_may_have_more_ || SSL_pending(ssl_.get()) > 0;
}

void TlsStream::discard_input() noexcept {
  inbox_begin_ = inbox_end_ = 0;
  socket_may_have_more_ = false;
}

void TlsStream::release_buffers() noexcept { SSL_free_buffers(ssl_.get()); }

bool TlsStream::is_tls13() const noexcept { return SSL_version(ssl_.get()) == TLS1_3_VERSION; }

int TlsStream::receive(std::span<std::uint8_t> into) noexcept {
  const ssize_t count = retried([&] { return ::recv(socket_, into.data(), into.size(), MSG_DONTWAIT); });
  socket_may_have_more_ = count == static_cast<ssize_t>(into.size());
  if (count > 0) return static_cast<int>(count);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return kWouldBlock;
  end_of_stream_ = true;
  return count == 0 ? 0 : kBroken;
}

int TlsStream::take_input(std::span<std::uint8_t> out) noexcept {
  if (inbox_begin_ == inbox_end_) {
    if (!socket_may_have_more_) return kWouldBlock;
    if (out.size() >= kInbox) return receive(out);
    const int count = receive(inbox_);
    if (count <= 0) return count;
    inbox_begin_ = 0;
    inbox_end_ = static_cast<std::uint16_t>(count);
  }
  const std::size_t count = std::min<std::size_t>(out.size(), inbox_end_ - inbox_begin_);
  std::memcpy(out.data(), inbox_.data() + inbox_begin_, count);
  inbox_begin_ = static_cast<std::uint16_t>(inbox_begin_ + count);
  return static_cast<int>(count);
}

int TlsStream::bio_read(BIO* bio, char* out, int size) {
  auto& stream = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  const int count = stream.take_input({reinterpret_cast<std::uint8_t*>(out), static_cast<std::size_t>(size)});
  if (count == kWouldBlock) BIO_set_retry_read(bio);
  return count;
}

int TlsStream::bio_write(BIO* bio, const char* bytes, int size) {
  const auto& stream = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  const ssize_t count = retried(
      [&] { return ::send(stream.socket_, bytes, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL); });
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

long TlsStream::bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;  // every write has gone to the socket
  if (command == BIO_CTRL_EOF) return static_cast<TlsStream*>(BIO_get_data(bio))->end_of_stream_ ? 1 : 0;
  return 0;
}

}  // namespace kaito::http
