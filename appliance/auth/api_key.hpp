// API keys (S8): scoped, expiring, bound to networks; hashed at rest; shown once.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/auth/bearer_token.hpp"
#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/http/ip_address.hpp"
#include "appliance/store/read_cache.hpp"

namespace kaito::auth {

struct NewApiKey {
  std::string name;                           // 1 to 128 bytes of UTF-8
  ScopeSet scopes;                            // not empty
  std::vector<GroupId> groups;                // of the org; empty: all of its seeds
  std::vector<std::string> allowed_networks;  // CIDR, at most 32; empty: any
  std::optional<TimePoint> expires_at;        // in the future
};

struct IssuedApiKey {
  Token token;  // shown once
  store::ApiKey key;
};

// Thread-safe.
class ApiKeys {
 public:
  ApiKeys(store::Store& store, audit::Journal& journal, const Clock& clock, Random& random);

  // Makes a key for the permit's org. A key made by an API key can do no more than its maker: fewer or equal scopes and
  // groups, no later end, the same networks; else Code::forbidden. Other errors: invalid_request, not_found (a group).
  Task<Result<Recorded<IssuedApiKey>>> issue(const Permit& permit, NewApiKey wanted);
  // Code::not_found for another org's key.
  Task<Result<Recorded<void>>> revoke(const Permit& permit, ApiKeyId id);

  // The principal behind a key: known, not expired, called from an allowed network; else Code::unauthenticated, and the
  // detail says which. Notes the use at most once a minute.
  Result<Principal> authenticate(std::string_view token, const http::IpAddress& peer);

 private:
  // A digest is uniform already.
  struct DigestHash {
    std::size_t operator()(const TokenDigest& digest) const noexcept {
      std::size_t hash = 0;
      std::memcpy(&hash, digest.data(), sizeof(hash));
      return hash;
    }
  };
  store::Store& store_;
  audit::Journal& journal_;
  const Clock& clock_;
  Random& random_;
  store::ReadCache<TokenDigest, store::ApiKey, DigestHash> known_;
};

}  // namespace kaito::auth
