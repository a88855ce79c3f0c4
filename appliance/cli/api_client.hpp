// HTTPS to the appliance for programs: JSON in, JSON out, problems as Errors.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "appliance/base/result.hpp"
#include "appliance/base/secret.hpp"
#include "appliance/base/time.hpp"

namespace kaito::cli {

struct ClientSettings {
  std::string url;                       // "https://kaito.example.org:8443", without a path
  std::filesystem::path ca_certificate;  // PEM; empty: the system's
  Seconds timeout{60};                   // for one request
};

struct Response {
  std::uint16_t status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; of repeated ones the last
  std::string body;

  // The body as JSON; Code::connection_failed when it is none.
  [[nodiscard]] Result<boost::json::value> json() const;
};

// One connection, kept alive. Not thread-safe. Follows no redirect and uses no proxy: credentials go where the URL says
// or nowhere.
class ApiClient {
 public:
  // Code::usage when the URL is no https URL; Code::configuration when the CA file cannot be read.
  static Result<ApiClient> open(ClientSettings settings);
  ~ApiClient();
  ApiClient(ApiClient&&) noexcept;
  ApiClient& operator=(ApiClient&&) noexcept;

  // Sent with every request from now on; an API key takes precedence over a session.
  void use_api_key(Token key);
  void use_session(Token session);
  // The id of the approval that protected actions are done by; sent with every request from now on.
  void use_approval(std::string id);
  // The session that the last login gave, or that use_session() set; empty when there is none.
  [[nodiscard]] const Token& session() const noexcept;

  // Whatever the status; an error only when there is no reply: Code::connection_failed says what to do. `method` is
  // "GET", "POST", …; `path` begins with '/' and may hold a query.
  Result<Response> send(std::string_view method, std::string_view path,
                        const std::optional<boost::json::value>& body = std::nullopt);

  // The JSON of a 2xx reply (null when it has no body); a problem reply as the Error it names, with its field and
  // reason.
  Result<boost::json::value> call(std::string_view method, std::string_view path,
                                  const std::optional<boost::json::value>& body = std::nullopt);

  // Scheme, host and port: what WebAuthn calls the origin.
  [[nodiscard]] const std::string& origin() const noexcept;

 private:
  struct Connection;
  explicit ApiClient(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

// The Error that a problem reply names; Code::connection_failed when it is none of the appliance's.
Error problem_of(const Response& response);

// A value for a query, percent-encoded (RFC 3986 §2.1).
std::string url_encode(std::string_view text);

}  // namespace kaito::cli
