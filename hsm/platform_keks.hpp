// The platform KEKs: AES-256 token objects that wrap org KEKs and do nothing else. The backup keys are of the same kind
// and have a label of their own.
#pragma once

#include <map>
#include <vector>

#include "appliance/base/ids.hpp"
#include "hsm/session.hpp"

namespace kaito::hsm {

class PlatformKeks {
 public:
  static constexpr std::string_view kLabel = "kaito-platform-kek";

  static constexpr std::string_view kBackupLabel = "kaito-backup-key";

  // None yet. `label` is one of the two above.
  explicit PlatformKeks(std::string_view label) : label_(label) {}

  // Looks for all versions and checks each. hsm_key_rejected: wrong attributes, or two keys of one version.
  static TokenResult<PlatformKeks> find(Session& session, std::string_view label = kLabel);

  // In the token, sensitive and not extractable from its first moment. conflict: the version exists.
  TokenOutcome create(Session& session, KeyVersion version);
  // Succeeds only when the token was searched again and the key was not found (F16); also when there was none. Returns
  // how many objects there were.
  TokenResult<std::size_t> destroy(Session& session, KeyVersion version);

  // not_found: no such version.
  [[nodiscard]] TokenResult<ObjectHandle> at(KeyVersion version) const;
  [[nodiscard]] bool has(KeyVersion version) const { return keys_.contains(version); }
  [[nodiscard]] std::vector<KeyVersion> versions() const;

 private:
  [[nodiscard]] std::string name_of(KeyVersion version) const;
  std::string_view label_;
  std::map<KeyVersion, ObjectHandle> keys_;
};

}  // namespace kaito::hsm
