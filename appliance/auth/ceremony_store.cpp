#include "appliance/auth/ceremony_store.hpp"

#include "appliance/auth/webauthn/options_json.hpp"
#include "appliance/base/invariant.hpp"

namespace kaito::auth {

CeremonyStore::CeremonyStore(const Clock& clock, Random& random, std::size_t limit)
    : clock_(clock), random_(random), limit_(limit) {
  KAITO_INVARIANT(limit_ > 0);
}

CeremonyStore::Opened CeremonyStore::open(Ceremony ceremony) {
  ByteArray<16> id_bytes{};
  random_.fill(id_bytes);
  ceremony.challenge.resize(webauthn::kChallengeBytes);
  random_.fill(ceremony.challenge);
  Opened opened{.id = to_base64url(id_bytes), .challenge = ceremony.challenge};

  const SteadyPoint now = clock_.steady_now();
  const std::scoped_lock lock(mutex_);
  drop_expired(now);
  if (entries_.size() >= limit_) drop_oldest();
  by_age_.emplace(next_, opened.id);
  entries_.emplace(opened.id, Entry{.ceremony = std::move(ceremony), .opened = now, .order = next_});
  ++next_;
  return opened;
}

Result<Ceremony> CeremonyStore::take(std::string_view id, CeremonyKind kind) {
  const std::scoped_lock lock(mutex_);
  drop_expired(clock_.steady_now());
  const auto found = entries_.find(id);
  if (found == entries_.end()) return fail(Code::unauthenticated, "ceremony is unknown, used or too old");
  Ceremony ceremony = std::move(found->second.ceremony);
  by_age_.erase(found->second.order);
  entries_.erase(found);
  if (ceremony.kind != kind) return fail(Code::unauthenticated, "ceremony is of the other kind");
  return ceremony;
}

std::size_t CeremonyStore::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

void CeremonyStore::drop_oldest() {
  const auto oldest = by_age_.begin();
  entries_.erase(oldest->second);
  by_age_.erase(oldest);
}

void CeremonyStore::drop_expired(SteadyPoint now) {
  while (!by_age_.empty()) {
    const auto oldest = entries_.find(by_age_.begin()->second);
    if (now - oldest->second.opened < kCeremonyLife) return;
    drop_oldest();
  }
}

}  // namespace kaito::auth
