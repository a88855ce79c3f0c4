// One request as the application sees it: the head at once, the body when the application asks for it.
#pragma once

#include <cstdint>
#include <span>

#include "appliance/base/task.hpp"
#include "appliance/base/time.hpp"
#include "appliance/http/request_head.hpp"

namespace kaito::http {

// Where the body comes from: a connection, or bytes in a test.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual Task<Result<std::span<std::uint8_t>>> read_body(std::size_t limit, Milliseconds deadline) = 0;
};

// Lives as long as Application::serve runs. Used on the connection's I/O thread only.
class Request {
 public:
  Request(const RequestHead& head, BodySource& body) noexcept : head_(head), body_(body) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  [[nodiscard]] const RequestHead& head() const noexcept { return head_; }
  [[nodiscard]] bool has_body() const noexcept { return head_.content_length > 0; }

  // Reads the whole body, at most once, after the caller has been authenticated. Sends "100 Continue" first when the
  // client waits for it. The bytes may be changed in place; they are wiped when the request ends.
  //   limit     bytes; a larger Content-Length fails at once with payload_too_large and nothing is read
  //   deadline  for the body to arrive, from now
  // connection_failed or deadline_exceeded: the connection is closed already, the reply that serve() returns is
  // dropped.
  Task<Result<std::span<std::uint8_t>>> read_body(std::size_t limit, Milliseconds deadline) {
    return body_.read_body(limit, deadline);
  }

 private:
  const RequestHead& head_;
  BodySource& body_;
};

}  // namespace kaito::http
