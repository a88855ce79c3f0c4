// A listener on a free port with a certificate of its own, for the length of a test.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "appliance/http/listener.hpp"
#include "appliance/http/own_ca.hpp"
#include "appliance/http/workspace.hpp"
#include "tests/integration/http/tls_client.hpp"

namespace kaito::audit {

// Stands for the journal, which alone can seal a reply: these tests have nothing to record.
class Journal {
 public:
  static http::SealedReply seal(http::Reply reply) { return http::SealedReply(std::move(reply)); }
};

}  // namespace kaito::audit

namespace kaito::http {

// Answers "METHOD path?query" with the body that came, within the limits of the fields below.
class Echo final : public Application {
 public:
  Task<SealedReply> serve(Request& request) override;
  SealedReply refuse(const Refusal& refusal, const IpAddress& peer) override;

  std::size_t body_limit = 1024 * 1024;
  Milliseconds body_deadline{10'000};
  std::size_t reply_size = 0;  // of "/large"
  // "/wait" is answered when this is completed.
  std::optional<Future<Result<int>>> gate;
  std::atomic<int> waiting{0};
  std::atomic<int> served{0};
};

class Served : public testing::Test {
 protected:
  Served();
  ~Served() override;

  void start(ListenerConfig config = {});
  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  TlsIdentity identity(const std::filesystem::path& dir);
  // Ends when the condition holds; false after 20 s.
  static bool eventually(const std::function<bool()>& condition);

  std::filesystem::path dir_;
  SystemClock clock_;
  SystemRandom random_;
  StderrSink sink_;
  Logger logger_{sink_, clock_, LogLevel::error};
  Echo application_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace kaito::http
