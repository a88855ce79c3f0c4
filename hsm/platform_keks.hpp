// The platform KEKs: AES-256 token objects that wrap org KEKs and do nothing else.
#pragma once

#include <map>
#include <vector>

#include "appliance/base/ids.hpp"
#include "hsm/session.hpp"

namespace kaito::hsm {

class PlatformKeks {
 public:
  static constexpr std::string_view kLabel = "kaito-platform-kek";

  // Looks for all versions and checks each. hsm_key_rejected: wrong attributes, or two keys of one version.
  static TokenResult<PlatformKeks> find(Session& session);

  // In the token, sensitive and not extractable from its first moment. conflict: the version exists.
  TokenOutcome create(Session& session, KeyVersion version);
  // Undoes create().
  TokenOutcome destroy(Session& session, KeyVersion version);

  // not_found: no such version.
  [[nodiscard]] TokenResult<ObjectHandle> at(KeyVersion version) const;
  [[nodiscard]] bool has(KeyVersion version) const { return keys_.contains(version); }
  [[nodiscard]] std::vector<KeyVersion> versions() const;

 private:
  std::map<KeyVersion, ObjectHandle> keys_;
};

}  // namespace kaito::hsm
