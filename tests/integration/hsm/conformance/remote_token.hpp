// A SoftHSM2 token that `p11-kit server` serves over a socket, used through p11-kit's client module.
#pragma once

#include <optional>

#include "tests/integration/hsm/conformance/child_process.hpp"
#include "tests/integration/hsm/conformance/token_under_test.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {

class RemoteToken final : public TokenUnderTest {
 public:
  RemoteToken();  // throws Unavailable
  [[nodiscard]] ClientConfig config() const override;
  // The token itself; for while the server does not run.
  [[nodiscard]] ClientConfig direct_config() const { return token_.config(); }
  void stop_server();
  void start_server();

 private:
  [[nodiscard]] std::filesystem::path socket() const { return token_.directory() / "p11-kit.socket"; }
  SoftHsmToken token_;
  std::filesystem::path client_module_;
  std::optional<ChildProcess> server_;
};

std::unique_ptr<TokenUnderTest> make_remote_token();

}  // namespace kaito::hsm::test
