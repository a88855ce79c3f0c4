// The Ed25519 keys that sign the audit log's checkpoints.
#pragma once

#include <map>
#include <vector>

#include "appliance/base/ids.hpp"
#include "appliance/base/secret.hpp"
#include "hsm/audit_signing.hpp"
#include "hsm/protocol/token_status.hpp"
#include "hsm/session.hpp"

namespace kaito::hsm {

using AuditSecret = Secret<struct AuditSecretTag>;

class AuditKeys {
 public:
  static constexpr std::string_view kLabel = "kaito-audit-key";

  // Looks for all versions, checks each, and lets each sign and verify. hsm_key_rejected as for PlatformKeks, also when
  // a private key has no public key or the two do not belong together.
  static TokenResult<AuditKeys> find(Session& session);

  // conflict: the version exists. hsm_unsupported: the token has nothing to sign with.
  TokenResult<AuditKey> create(Session& session, AuditSigning how, KeyVersion version);
  // As PlatformKeks::destroy().
  TokenResult<std::size_t> destroy(Session& session, KeyVersion version);
  // Objects that the version's key consists of; 2 where it is not known.
  [[nodiscard]] std::size_t objects(KeyVersion version) const;

  // not_found: no such version.
  [[nodiscard]] TokenResult<AuditKey> at(KeyVersion version) const;
  [[nodiscard]] bool has(KeyVersion version) const { return signers_.contains(version); }
  TokenResult<ByteArray<64>> sign(Session& session, KeyVersion version, ByteView message) const;
  [[nodiscard]] std::vector<AuditKey> all() const;

 private:
  struct Signer {
    Session::KeyPair handles;  // of a derived key, only `private_key`: the HMAC key
    AuditKey key;
    AuditSecret derived;  // 64 bytes as libsodium has them; empty for a key in the token
  };
  static TokenResult<Signer> load(Session& session, KeyVersion version, Session::KeyPair handles);
  static TokenResult<Signer> derive(Session& session, KeyVersion version, ObjectHandle secret);
  static TokenResult<Signer> generate(Session& session, KeyVersion version);
  static TokenResult<Signer> generate_secret(Session& session, KeyVersion version);
  [[nodiscard]] TokenResult<const Signer*> signer(KeyVersion version) const;
  TokenOutcome add(KeyVersion version, Signer signer);
  std::map<KeyVersion, Signer> signers_;
};

}  // namespace kaito::hsm
