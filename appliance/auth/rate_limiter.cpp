#include "appliance/auth/rate_limiter.hpp"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <mutex>
#include <vector>

#include "appliance/base/invariant.hpp"

namespace kaito::auth {
namespace {

constexpr std::size_t kWays = 8;      // buckets of one set
constexpr std::size_t kLocks = 1024;  // sets share locks
using Nanoseconds = std::int64_t;

// What a bucket is found by: class and key. All zero is no bucket: the class is stored from 1 on.
using Name = ByteArray<18>;

struct Bucket {
  Name name{};
  double tokens = 0;     // as of `used`
  Nanoseconds used = 0;  // steady time of the last request
};

double refilled(const Bucket& bucket, const RateLimit& limit, Nanoseconds now) noexcept {
  const double elapsed = std::max(0.0, static_cast<double>(now - bucket.used) * 1e-9);
  return std::min(limit.burst, bucket.tokens + elapsed * limit.per_second);
}

}  // namespace

struct RateLimiter::Table {
  Table(std::size_t count, Random& random) : sets(std::bit_ceil(std::max(count / kWays, std::size_t{1}))) {
    random.fill(hash_key);
  }

  [[nodiscard]] std::size_t set_of(const Name& name) const noexcept {
    std::uint64_t hash = 0;
    static_assert(crypto_shorthash_BYTES == sizeof hash);
    crypto_shorthash(reinterpret_cast<unsigned char*>(&hash), name.data(), name.size(), hash_key.data());
    return static_cast<std::size_t>(hash) & (sets.size() - 1);
  }

  std::vector<std::array<Bucket, kWays>> sets;
  std::array<std::mutex, kLocks> locks;
  ByteArray<crypto_shorthash_KEYBYTES> hash_key{};
};

RateKey RateKey::of(const http::IpAddress& peer) noexcept {
  RateKey key;
  // A network of /64 is what one subscriber is given, and 2^64 addresses would be 2^64 buckets.
  const ByteView address = peer.is_v4() ? peer.bytes() : peer.bytes().first(8);
  key.bytes_[0] = peer.is_v4() ? 4 : 6;
  std::memcpy(key.bytes_.data() + 1, address.data(), address.size());
  return key;
}

RateKey RateKey::of(const Principal& principal, const http::IpAddress& peer) noexcept {
  if (principal.is_anonymous()) return of(peer);
  RateKey key;
  const UuidBytes id = principal.id();
  key.bytes_[0] = 1;
  std::memcpy(key.bytes_.data() + 1, id.data(), id.size());
  return key;
}

RateLimiter::RateLimiter(const RateLimits& limits, const Clock& clock, Random& random, std::size_t buckets)
    : limits_(limits), clock_(clock), table_(std::make_unique<Table>(buckets, random)) {
  for (const RateLimit& limit : limits_) KAITO_INVARIANT(limit.per_second > 0 && limit.burst >= 1);
}
RateLimiter::~RateLimiter() = default;

RateDecision RateLimiter::take(RateClass rate_class, const RateKey& key, double cost) noexcept {
  const auto class_index = static_cast<std::size_t>(rate_class);
  const RateLimit& limit = limits_[class_index];
  const Nanoseconds now = clock_.steady_now().time_since_epoch().count();
  Name name{static_cast<std::uint8_t>(class_index + 1)};
  std::memcpy(name.data() + 1, key.bytes_.data(), key.bytes_.size());

  const std::size_t set_index = table_->set_of(name);
  const std::scoped_lock lock(table_->locks[set_index % kLocks]);
  auto& set = table_->sets[set_index];
  auto* bucket = std::ranges::find(set, name, &Bucket::name);
  if (bucket == set.end()) {
    // A bucket that is full again says nothing that a new one would not.
    const auto worth = [&](const Bucket& candidate) -> Nanoseconds {
      if (candidate.name[0] == 0) return -2;
      const RateLimit& its = limits_[candidate.name[0] - 1U];
      return refilled(candidate, its, now) >= its.burst ? -1 : candidate.used;
    };
    bucket = std::ranges::min_element(set, {}, worth);
    *bucket = {.name = name, .tokens = limit.burst, .used = now};
  }
  bucket->tokens = refilled(*bucket, limit, now);
  bucket->used = now;
  cost = std::min(cost, limit.burst);
  if (bucket->tokens >= cost) {
    bucket->tokens -= cost;
    return {};
  }
  const double wait = std::ceil((cost - bucket->tokens) / limit.per_second);
  return {.allowed = false, .retry_after = Seconds(std::max<Seconds::rep>(1, static_cast<Seconds::rep>(wait)))};
}

}  // namespace kaito::auth
