// The platform KEKs: token objects that wrap org KEKs and do nothing else. AES-256 keys, or RSA-3072 pairs where the
// token has no AES key wrap. The backup keys are of the same kind and have a label of their own.
#pragma once

#include <map>
#include <vector>

#include "appliance/base/ids.hpp"
#include "hsm/session.hpp"
#include "hsm/wrap_methods.hpp"

namespace kaito::hsm {

struct PlatformKey {
  bool is_pair = false;
  ObjectHandle wrapping;    // the AES key, or the pair's public key
  ObjectHandle unwrapping;  // the AES key, or the pair's private key
};

class PlatformKeks {
 public:
  static constexpr std::string_view kLabel = "kaito-platform-kek";

  static constexpr std::string_view kBackupLabel = "kaito-backup-key";

  // None yet. `label` is one of the two above, or ImportKeys::kLabel.
  explicit PlatformKeks(std::string_view label) : label_(label) {}

  // Looks for all versions and checks each. hsm_key_rejected: wrong attributes, half a pair, or two keys of one
  // version.
  static TokenResult<PlatformKeks> find(Session& session, std::string_view label = kLabel);

  // In the token, sensitive and not extractable from its first moment; of the kind that `scheme` needs. conflict: the
  // version exists.
  TokenOutcome create(Session& session, WrapScheme scheme, KeyVersion version);
  // The same for an RSA pair of a given size.
  TokenOutcome create_pair(Session& session, KeyVersion version, CK_ULONG modulus_bits);
  // Succeeds only when the token was searched again and the key was not found (F16); also when there was none. Returns
  // how many objects there were.
  TokenResult<std::size_t> destroy(Session& session, KeyVersion version);

  // not_found: no such version.
  [[nodiscard]] TokenResult<PlatformKey> at(KeyVersion version) const;
  [[nodiscard]] bool has(KeyVersion version) const { return keys_.contains(version); }
  // Objects that the version's key consists of; 1 where it is not known.
  [[nodiscard]] std::size_t objects(KeyVersion version) const;
  [[nodiscard]] std::vector<KeyVersion> versions() const;

 private:
  [[nodiscard]] std::string name_of(KeyVersion version) const;
  [[nodiscard]] AttributeTemplate named(KeyVersion version) const;
  TokenOutcome add(Session& session, KeyVersion version, PlatformKey key);
  TokenOutcome find_pairs(Session& session);
  TokenResult<PlatformKey> generate(Session& session, KeyVersion version) const;
  TokenResult<PlatformKey> generate_pair(Session& session, KeyVersion version, CK_ULONG modulus_bits) const;
  TokenOutcome check_absent(Session& session, KeyVersion version) const;
  TokenOutcome keep(Session& session, KeyVersion version, PlatformKey key);
  std::string_view label_;
  std::map<KeyVersion, PlatformKey> keys_;
};

}  // namespace kaito::hsm
