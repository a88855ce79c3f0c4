#include "appliance/http/connection_limits.hpp"

#include "appliance/base/invariant.hpp"

namespace kaito::http {
namespace {

// One IPv6 host commonly owns a whole /64, and could otherwise be as many peers as it likes.
IpAddress group_of(const IpAddress& peer) noexcept {
  if (peer.is_v4()) return peer;
  ByteArray<16> bytes{};
  std::copy_n(peer.bytes().begin(), 8, bytes.begin());
  return IpAddress::v6(bytes);
}

}  // namespace

bool ConnectionLimits::enter(const IpAddress& peer, bool exempt) {
  const std::scoped_lock lock(mutex_);
  if (count_ >= in_all_) return false;
  const IpAddress group = group_of(peer);
  std::size_t& of_peer = by_peer_[group];
  if (!exempt && of_peer >= per_peer_) {
    if (of_peer == 0) by_peer_.erase(group);
    return false;
  }
  ++of_peer;
  ++count_;
  return true;
}

void ConnectionLimits::leave(const IpAddress& peer) {
  const std::scoped_lock lock(mutex_);
  const auto of_peer = by_peer_.find(group_of(peer));
  KAITO_INVARIANT(of_peer != by_peer_.end() && count_ > 0);
  if (--of_peer->second == 0) by_peer_.erase(of_peer);
  if (--count_ == 0) left_.notify_all();
}

std::size_t ConnectionLimits::count() const {
  const std::scoped_lock lock(mutex_);
  return count_;
}

bool ConnectionLimits::wait_until_none(Milliseconds patience) const {
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, patience, [this] { return count_ == 0; });
}

void ConnectionLimits::wait_until_none() const {
  std::unique_lock lock(mutex_);
  left_.wait(lock, [this] { return count_ == 0; });
}

}  // namespace kaito::http
