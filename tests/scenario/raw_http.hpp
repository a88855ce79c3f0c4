// HTTP as no well-behaved client sends it: the very bytes over TLS, and requests whose every header is the test's own.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "appliance/cli/api_client.hpp"
#include "tests/scenario/test_appliance.hpp"

namespace kaito::test {

// TLS versions as OpenSSL numbers them (TLS1_2_VERSION); 0: whatever OpenSSL has.
struct TlsBounds {
  int lowest = 0;
  int highest = 0;
};

// Handshakes and ends. Empty when it succeeded, else OpenSSL's reason. `ca` empty: trusts nobody.
std::string handshake(const TestAppliance& appliance, const std::filesystem::path& ca, const TlsBounds& bounds = {});

// Sends the bytes on a connection of their own and gives what comes back until the appliance closes it, at most ten
// seconds long. Throws when there is no connection.
std::string raw_exchange(const TestAppliance& appliance, std::string_view bytes);

struct RawRequest {
  std::string method = "POST";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// With Host, Content-Length and "Connection: close" added. Status 0 when nothing came back.
cli::Response raw_request(const TestAppliance& appliance, const RawRequest& request);
// The same with "Expect: 100-continue": `meanwhile` runs when the appliance has let the request in and waits for its
// body. Throws when it does not come to that.
cli::Response raw_request(const TestAppliance& appliance, const RawRequest& request,
                          const std::function<void()>& meanwhile);
cli::Response parse_response(std::string_view bytes);

}  // namespace kaito::test
