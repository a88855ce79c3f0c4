#include "tests/integration/http/served.hpp"

namespace kaito::http {

Task<SealedReply> Echo::serve(Request& request) {
  const RequestHead& head = request.head();
  ++served;
  if (head.path == "/wait") {
    ++waiting;
    waiting.notify_all();
    static_cast<void>(co_await *gate);
  }
  if (head.path == "/large") co_return audit::Journal::seal({.body = std::string(reply_size, 'l')});
  if (head.path == "/unread") co_return audit::Journal::seal({.status = 401, .body = "no"});
  if (head.path == "/peer") co_return audit::Journal::seal({.body = head.peer.str()});
  std::string text = fmt::format("{} {}?{}", to_string(head.method), head.path, head.query);
  if (request.has_body()) {
    const auto body = co_await request.read_body(body_limit, body_deadline);
    if (!body) co_return audit::Journal::seal({.status = traits(body.error().code).http_status, .body = "bad body"});
    text += fmt::format(" {}", as_text(*body));
  }
  co_return audit::Journal::seal({.content_type = "text/plain", .body = std::move(text)});
}

SealedReply Echo::refuse(const Refusal& refusal, const IpAddress&) {
  return audit::Journal::seal({.status = refusal.status, .body = std::string(refusal.reason)});
}

Served::Served() {
  std::string pattern = (std::filesystem::temp_directory_path() / "kaito-http-XXXXXX").string();
  dir_ = mkdtemp(pattern.data());
}

Served::~Served() {
  listener_.reset();
  std::filesystem::remove_all(dir_);
}

TlsIdentity Served::identity(const std::filesystem::path& dir) {
  const OwnCa ca = make_own_ca(dir, {"localhost"}, {IpAddress::v4({127, 0, 0, 1})}, clock_, random_).value();
  return TlsIdentity::load(ca.server, clock_).value();
}

void Served::start(ListenerConfig config) {
  if (!config.inherited_socket) config.address = IpAddress::v4({127, 0, 0, 1});
  auto opened = Listener::open(std::move(config), identity(dir_), application_, logger_, clock_, random_);
  ASSERT_TRUE(opened) << opened.error().describe();
  listener_ = std::move(*opened);
  listener_->start();
}

bool Served::eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + Seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace kaito::http
