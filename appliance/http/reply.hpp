// What a handler answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kaito::http {

struct ReplyHeader {
  std::string_view name;  // a literal
  std::string value;      // printable ASCII; anything else ends the process: a header is never built from raw input
};

// The connection adds Content-Length, Date, Connection, X-Request-Id and the security headers. A header given here
// takes the place of a security header of the same name (Cache-Control, Content-Security-Policy).
struct Reply {
  std::uint16_t status = 200;
  std::string_view content_type = "application/json";  // a literal; not sent when the body is empty
  std::string body;                                    // for HEAD: what GET would answer; only its length is sent
  std::vector<ReplyHeader> headers;
};

}  // namespace kaito::http
