// Why a request was refused before the application saw it.
#pragma once

#include <cstdint>
#include <string_view>

#include "appliance/base/error.hpp"

namespace kaito::http {

// `status` may be finer than the error's own row: 400, 405, 411, 413, 414, 415, 417, 421, 431 or 505. The connection
// closes after the reply.
struct Refusal {
  std::uint16_t status = 400;
  std::string_view reason;  // a literal, safe for clients: "has both Content-Length and Transfer-Encoding"

  // invalid_request (or the code that fits the status) with field "request" and this reason.
  [[nodiscard]] Error error() const;
};

}  // namespace kaito::http
