// How many connections there are, in all and by peer.
#pragma once

#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "appliance/base/time.hpp"
#include "appliance/http/ip_address.hpp"

namespace kaito::http {

// Thread-safe.
class ConnectionLimits {
 public:
  ConnectionLimits(std::size_t in_all, std::size_t per_peer) noexcept : in_all_(in_all), per_peer_(per_peer) {}

  // IPv6 peers are counted by their /64. False when a limit is reached; otherwise leave() must follow. `exempt`: from
  // the limit per peer.
  bool enter(const IpAddress& peer, bool exempt);
  void leave(const IpAddress& peer);
  [[nodiscard]] std::size_t count() const;
  // False when there are still connections after `patience`.
  bool wait_until_none(Milliseconds patience) const;
  void wait_until_none() const;

 private:
  const std::size_t in_all_;
  const std::size_t per_peer_;
  mutable std::mutex mutex_;
  mutable std::condition_variable left_;
  std::size_t count_ = 0;
  std::unordered_map<IpAddress, std::size_t> by_peer_;
};

}  // namespace kaito::http
