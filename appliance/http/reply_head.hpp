// The head of a reply, written straight into the buffer that is sent.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "appliance/base/ids.hpp"
#include "appliance/http/reply.hpp"

namespace kaito::http {

// Room that every reply's head must fit in.
inline constexpr std::size_t kMaxReplyHead = 8 * 1024;

struct ReplyContext {
  std::string_view date;  // IMF-fixdate
  RequestId request;      // nil: no X-Request-Id
  bool keep_alive = true;
};

// Returns the size. `out` has at least kMaxReplyHead bytes; a head that does not fit, or a header value that is not
// printable ASCII, breaks an invariant: replies are made by the product, not by its clients.
std::size_t write_reply_head(std::span<std::uint8_t> out, const Reply& reply, const ReplyContext& context) noexcept;

// Whether a reply with this status has a body at all (RFC 9110 §6.4.1).
bool may_have_body(std::uint16_t status) noexcept;

// RFC 9110 §5.6.7, "Tue, 24 Nov 2026 07:33:18 GMT".
std::string http_date(std::int64_t unix_seconds);

}  // namespace kaito::http
