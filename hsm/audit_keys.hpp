// The Ed25519 keys that sign the audit log's checkpoints.
#pragma once

#include <map>
#include <vector>

#include "appliance/base/ids.hpp"
#include "hsm/protocol/token_status.hpp"
#include "hsm/session.hpp"

namespace kaito::hsm {

class AuditKeys {
 public:
  static constexpr std::string_view kLabel = "kaito-audit-key";

  // Looks for all versions, checks each, and lets each sign and verify. hsm_key_rejected as for PlatformKeks, also when
  // a private key has no public key or the two do not belong together.
  static TokenResult<AuditKeys> find(Session& session);

  // conflict: the version exists.
  TokenResult<AuditKey> create(Session& session, KeyVersion version);
  // As PlatformKeks::destroy(); a pair is two objects.
  TokenResult<std::size_t> destroy(Session& session, KeyVersion version);

  // not_found: no such version.
  [[nodiscard]] TokenResult<AuditKey> at(KeyVersion version) const;
  [[nodiscard]] bool has(KeyVersion version) const { return pairs_.contains(version); }
  TokenResult<ByteArray<64>> sign(Session& session, KeyVersion version, ByteView message) const;
  [[nodiscard]] std::vector<AuditKey> all() const;

 private:
  struct Pair {
    Session::KeyPair handles;
    AuditKey key;
  };
  static TokenResult<Pair> load(Session& session, KeyVersion version, Session::KeyPair handles);
  [[nodiscard]] TokenResult<const Pair*> pair(KeyVersion version) const;
  std::map<KeyVersion, Pair> pairs_;
};

}  // namespace kaito::hsm
