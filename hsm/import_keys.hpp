// The wrapping key pairs, by which customers send org KEKs of their own: RSA token objects whose private half unwraps
// and does nothing else.
#pragma once

#include <map>

#include "hsm/platform_keks.hpp"
#include "hsm/protocol/key_import.hpp"

namespace kaito::hsm {

// What the worker is sent; a view into the frame.
struct KeyToImportView {
  KeyVersion wrapping_version = 0;
  ImportMechanism mechanism = ImportMechanism::rsa_oaep;
  ByteView wrapped;
};

class ImportKeys {
 public:
  static constexpr std::string_view kLabel = "kaito-wrapping-key";

  // None yet.
  ImportKeys() : pairs_(kLabel) {}

  // As PlatformKeks::find(). hsm_key_rejected also for a key of that label that is no RSA pair.
  static TokenResult<ImportKeys> find(Session& session);

  // RSA-4096, or RSA-3072 where the token makes no larger one. conflict: the version exists. Takes seconds.
  TokenOutcome create(Session& session, KeyVersion version);
  // As PlatformKeks::destroy().
  TokenResult<std::size_t> destroy(Session& session, KeyVersion version);
  [[nodiscard]] std::size_t objects(KeyVersion version) const { return pairs_.objects(version); }
  [[nodiscard]] bool has(KeyVersion version) const { return pairs_.has(version); }
  [[nodiscard]] std::vector<KeyVersion> versions() const { return pairs_.versions(); }

  // The public half. Which hash OAEP does with it is tried, not believed. not_found: no such version. hsm_unsupported:
  // the token unwraps with neither hash, or neither size nor check value of
  // what it unwraps can be known.
  TokenResult<WrappingKey> describe(Session& session, const WrapMethods& methods, KeyVersion version);

  // Whether the token can unwrap by that wrapping key and mechanism at all. not_found, hsm_unsupported: as above.
  TokenOutcome check(Session& session, const WrapMethods& methods, const KeyToImportView& key);

  // Customer's key as a session object with `attributes()`, which is asked for once for each try. A data_error: it was
  // altered, or wrapped for another key or with another hash. hsm_unsupported: the token does not do the mechanism.
  TokenResult<OwnedObject> unwrap(Session& session, const WrapMethods& methods, const KeyToImportView& key,
                                  AttributeTemplate (*attributes)(const WrapMethods&));

 private:
  explicit ImportKeys(PlatformKeks pairs) : pairs_(std::move(pairs)) {}
  TokenResult<OaepHash> hash_of(Session& session, const WrapMethods& methods, KeyVersion version);

  PlatformKeks pairs_;
  std::map<KeyVersion, OaepHash> hashes_;  // of those tried so far
};

}  // namespace kaito::hsm
