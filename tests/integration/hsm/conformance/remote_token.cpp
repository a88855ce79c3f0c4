#include "tests/integration/hsm/conformance/remote_token.hpp"

#include <fmt/format.h>

namespace kaito::hsm::test {

RemoteToken::RemoteToken() : client_module_(need_module({"p11-kit-client.so"}, "p11-kit-modules")) {
  need_program("p11-kit", "p11-kit");
  start_server();
}

ClientConfig RemoteToken::config() const {
  ClientConfig config = token_.config();
  config.module = client_module_;
  config.token_directory.clear();  // the server's, not the worker's
  config.environment = {{"P11_KIT_SERVER_ADDRESS", "unix:path=" + socket().string()}};
  return config;
}

void RemoteToken::stop_server() {
  server_.reset();
  std::error_code ignored;
  std::filesystem::remove(socket(), ignored);
}

void RemoteToken::start_server() {
  const ClientConfig direct = token_.config();
  server_.emplace(std::vector<std::string>{"p11-kit", "server", "--foreground", "--provider", direct.module.string(),
                                           "--name", socket().string(), "pkcs11:"},
                  std::map<std::string, std::string>(direct.environment.begin(), direct.environment.end()));
  server_->wait_until([&] { return std::filesystem::exists(socket()); });
}

std::unique_ptr<TokenUnderTest> make_remote_token() { return std::make_unique<RemoteToken>(); }

}  // namespace kaito::hsm::test
