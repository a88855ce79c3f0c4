// The only thing a connection can write. The journal alone makes one, after the audit record of the action is durable:
// a handler that tries to answer without a record does not compile.
#pragma once

#include <utility>

#include "appliance/base/secret.hpp"
#include "appliance/http/reply.hpp"

namespace kaito::audit {
class Journal;
}

namespace kaito::http {

// Move-only. Wipes the body and the header values at its end: they can hold a code, a session cookie or an API key.
class SealedReply {
 public:
  SealedReply(SealedReply&&) noexcept = default;
  SealedReply& operator=(SealedReply&&) = delete;
  SealedReply(const SealedReply&) = delete;
  SealedReply& operator=(const SealedReply&) = delete;
  ~SealedReply() {
    wipe(reply_.body);
    for (ReplyHeader& header : reply_.headers) wipe(header.value);
  }

  [[nodiscard]] const Reply& reply() const noexcept { return reply_; }

 private:
  friend class kaito::audit::Journal;
  explicit SealedReply(Reply&& reply) noexcept : reply_(std::move(reply)) {}
  Reply reply_;
};

}  // namespace kaito::http
