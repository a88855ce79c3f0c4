// Token buckets for each class of requests and caller, in a fixed amount of memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "appliance/auth/principal.hpp"
#include "appliance/base/random.hpp"
#include "appliance/base/time.hpp"
#include "appliance/http/ip_address.hpp"

namespace kaito::auth {

enum class RateClass : std::uint8_t {
  health,  // probes
  login,   // whatever tries a credential
  read,    // listings and single objects
  code,    // code reads
  write,   // changes
  bulk,    // imports and exports
};
inline constexpr std::size_t kRateClasses = 6;

struct RateLimit {
  double per_second = 0;  // sustained; over 0
  double burst = 0;       // at once; at least 1
};

// The limits of the classes, in the order of RateClass.
using RateLimits = std::array<RateLimit, kRateClasses>;
inline constexpr RateLimits kDefaultRateLimits{{
    {.per_second = 20, .burst = 100},
    {.per_second = 0.5, .burst = 20},
    {.per_second = 50, .burst = 200},
    {.per_second = 200, .burst = 1000},
    {.per_second = 20, .burst = 100},
    {.per_second = 0.2, .burst = 10},
}};

struct RateDecision {
  bool allowed = true;
  Seconds retry_after{};  // when refused: at least 1
};

// Who is counted: the principal when there is one, else the peer (an IPv6 peer by its /64, which is one customer's).
class RateKey {
 public:
  static RateKey of(const Principal& principal, const http::IpAddress& peer) noexcept;
  static RateKey of(const http::IpAddress& peer) noexcept;

 private:
  friend class RateLimiter;
  ByteArray<17> bytes_{};  // kind, then id or address
};

// Thread-safe; one uncontended lock and at most eight comparisons a call.
class RateLimiter {
 public:
  // `buckets`: how many (class, key) pairs are remembered, rounded up to a power of two; 40 bytes each. When a set of
  // eight is full, the bucket that is full or else longest unused makes room. Sets are chosen by a keyed hash, so
  // nobody can aim at another's bucket.
  RateLimiter(const RateLimits& limits, const Clock& clock, Random& random, std::size_t buckets = 65536);
  ~RateLimiter();
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  // Takes one request from the caller's bucket, or what is worth `cost` requests: 1 to the class's burst.
  [[nodiscard]] RateDecision take(RateClass rate_class, const RateKey& key, double cost = 1) noexcept;

 private:
  struct Table;
  RateLimits limits_;
  const Clock& clock_;
  std::unique_ptr<Table> table_;
};

}  // namespace kaito::auth
