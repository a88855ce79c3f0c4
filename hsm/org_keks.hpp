// Org KEKs: made in the token, wrapped by a platform KEK, in use only as session objects that cannot leave.
#pragma once

#include <string>
#include <vector>

#include "appliance/base/random.hpp"
#include "hsm/import_keys.hpp"
#include "hsm/loaded_org_kek.hpp"
#include "hsm/lru_cache.hpp"
#include "hsm/platform_keks.hpp"
#include "hsm/protocol/messages.hpp"
#include "hsm/session.hpp"

namespace kaito::hsm {

// A customer's key as an org KEK.
struct ImportedKey {
  Bytes blob;
  CheckValue check_value{};
};

// The name of a loaded one in a cache.
std::string cache_key(OrgKekView kek);

class OrgKeks {
 public:
  // Two of them are in use at once while DEKs are rewrapped.
  OrgKeks(std::size_t capacity, Random& random) : loaded_(std::max<std::size_t>(capacity, 2)), random_(random) {}

  // A new org KEK, wrapped by the platform KEK of that version and bound to `aad`. It is loaded when this returns.
  TokenResult<Bytes> create(Session& session, const WrapMethods& methods, const PlatformKeks& platform,
                            KeyVersion version, ByteView aad);

  // The key, loaded if need be. integrity: the blob was altered, or was bound to another AAD. The pointer outlives one
  // more load(), not two.
  TokenResult<LoadedOrgKek*> load(Session& session, const WrapMethods& methods, const PlatformKeks& platform,
                                  OrgKekView kek);

  // The same key under another platform KEK, proven to open there. integrity: as for load(), or the blob is not of the
  // version `from`. Does not load it.
  TokenResult<Bytes> rewrap(Session& session, const WrapMethods& methods, const PlatformKeks& platform, KeyVersion from,
                            KeyVersion to, OrgKekView kek);

  // A customer's key as an org KEK: wrapped by a platform KEK, bound to its place, proven to open. It never leaves the
  // token in clear. A data_error: it does not unwrap. invalid_request: it is no AES-256 key.
  TokenResult<ImportedKey> import(Session& session, const WrapMethods& methods, const PlatformKeks& platform,
                                  ImportKeys& wrapping, const ImportRequest& request);

  // Forgets those that came from a platform KEK.
  void forget(KeyVersion platform_version);
  // Forgets all handles; after the session was reopened.
  void clear() { loaded_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return loaded_.size(); }
  // Most recently used first.
  [[nodiscard]] std::vector<OrgKekUse> uses(std::size_t limit) const;

 private:
  // Keyed by blob and AAD in full, so that a blob loaded for one place is never found for another.
  LruCache<std::string, LoadedOrgKek> loaded_;
  Random& random_;
};

}  // namespace kaito::hsm
