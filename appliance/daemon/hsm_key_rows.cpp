#include "appliance/daemon/hsm_key_rows.hpp"

#include <algorithm>

#include "appliance/audit/known_keys.hpp"

namespace kaito::daemon {

namespace {

struct TokenKeys {
  std::vector<store::HsmKey> rows;
  std::vector<audit::VerifierKey> verifiers;
};

Result<TokenKeys> rows_of(const HsmKeys& keys, const std::string& origin, TimePoint now) {
  TokenKeys found;
  const auto add = [&](store::KeyKind kind, KeyVersion version) {
    found.rows.push_back({.kind = kind, .version = version, .created_at = now, .destroyed_at = {}});
  };
  for (const KeyVersion version : keys.platform_versions) add(store::KeyKind::platform, version);
  for (const KeyVersion version : keys.backup_versions) add(store::KeyKind::backup, version);
  for (const KeyVersion version : keys.wrapping_versions) add(store::KeyKind::wrapping, version);
  for (const auto& key : keys.audit_keys) {
    add(store::KeyKind::audit, key.version);
    KAITO_TRY(auto verifier, audit::VerifierKey::make(origin, key.public_key));
    found.verifiers.push_back(std::move(verifier));
  }
  return found;
}

Result<bool> all_known(store::Reader& reader, const TokenKeys& found) {
  KAITO_TRY(const auto rows, reader.hsm_keys());
  KAITO_TRY(const auto verifiers, audit::known_keys(reader));
  const auto has_row = [&rows](const store::HsmKey& key) {
    return std::ranges::any_of(rows,
                               [&key](const auto& row) { return row.kind == key.kind && row.version == key.version; });
  };
  const auto has_verifier = [&verifiers](const audit::VerifierKey& key) {
    return std::ranges::find(verifiers, key) != verifiers.end();
  };
  return std::ranges::all_of(found.rows, has_row) && std::ranges::all_of(found.verifiers, has_verifier);
}

}  // namespace

Task<Status> note_hsm_keys(store::Store& store, const HsmKeys& keys, std::string origin, const Clock& clock) {
  KAITO_CO_TRY(const auto found, rows_of(keys, origin, clock.now()));
  {
    // A full volume, which takes no changes, must not keep an appliance from starting that has nothing new to note.
    KAITO_CO_TRY(const auto snapshot, store.snapshot());
    KAITO_CO_TRY(const bool known, all_known(*snapshot, found));
    if (known) co_return Status{};
  }
  store::Job job = [&found](store::Writer& writer) -> Status {
    for (const auto& row : found.rows) KAITO_CHECK(writer.put(row));
    for (const auto& key : found.verifiers) KAITO_CHECK(remember_key(writer, key));
    return {};
  };
  co_return co_await store.write(std::move(job), store::JobKind::change);
}

}  // namespace kaito::daemon
