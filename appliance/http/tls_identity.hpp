// A server certificate with its key, ready to serve TLS.
#pragma once

#include <filesystem>
#include <memory>

#include "appliance/base/result.hpp"
#include "appliance/base/time.hpp"

struct ssl_ctx_st;

namespace kaito::http {

// PEM files. The chain holds the server's certificate first, then its issuers in order; the root may be left out.
struct TlsFiles {
  std::filesystem::path chain;
  std::filesystem::path key;
};

// The TLS policy is fixed here: TLS 1.2 and 1.3, ECDHE with AEAD, the server's order, ALPN http/1.1, no renegotiation,
// no compression, no resumption (keep-alive is the fast path; without tickets there is no ticket key to rotate or
// steal).
class TlsIdentity {
 public:
  // Code::configuration, naming the file and what is wrong with it: unreadable, no certificate, encrypted or readable
  // by others, key does not match, expired, not yet valid, weak, chain out of order.
  static Result<TlsIdentity> load(const TlsFiles& files, const Clock& clock);

  // When the first certificate of the chain ends.
  [[nodiscard]] TimePoint not_after() const noexcept { return not_after_; }
  [[nodiscard]] const std::shared_ptr<ssl_ctx_st>& context() const noexcept { return context_; }

 private:
  TlsIdentity(std::shared_ptr<ssl_ctx_st> context, TimePoint not_after) noexcept
      : context_(std::move(context)), not_after_(not_after) {}
  std::shared_ptr<ssl_ctx_st> context_;
  TimePoint not_after_;
};

}  // namespace kaito::http
