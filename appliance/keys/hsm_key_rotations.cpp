// The audit key and the backup key: keys of the HSM that wrap nothing which would have to be wrapped anew. What the old
// audit key has signed stays verifiable by its public half, which the log remembers.
#include "appliance/audit/known_keys.hpp"
#include "appliance/keys/certificate_issue.hpp"
#include "appliance/keys/rotation_work.hpp"

namespace kaito::keys {
namespace {

class HsmKeyRotation : public RotationWork {
 public:
  HsmKeyRotation(RotationParts parts, store::KeyKind kind) : parts_(parts), kind_(kind) {}

  Result<std::uint64_t> remaining(const store::Rotation&) override { return 0; }
  Task<Status> shut_out(const store::Rotation&) override { co_return Status{}; }

  Status settle_destruction(store::Writer& writer, const store::Rotation& rotation, CertificateFacts& facts) override {
    KAITO_TRY(const auto keys, writer.hsm_keys());
    for (auto key : keys) {
      if (key.kind != kind_ || key.version >= rotation.to) continue;
      if (!key.destroyed_at) {
        key.destroyed_at = parts_.clock.now();
        KAITO_CHECK(writer.put(key));
      }
      facts.emplace_back("destroyed", fmt::format("{} version {}", audit::key_name(kind_), key.version));
    }
    facts.emplace_back("statement", "the token was searched afterwards and holds none of them");
    return {};
  }

 protected:
  Task<Status> note_made(KeyVersion version) {
    return write(parts_.store, [this, version](store::Writer& writer) {
      return writer.put(store::HsmKey{.kind = kind_, .version = version, .created_at = parts_.clock.now()});
    });
  }

  RotationParts parts_;

 private:
  const store::KeyKind kind_;
};

class BackupRotation final : public HsmKeyRotation {
 public:
  explicit BackupRotation(RotationParts parts) : HsmKeyRotation(parts, store::KeyKind::backup) {}

  Task<Status> prepare(const store::Rotation& rotation) override {
    KAITO_CO_CHECK(made_or_there(co_await parts_.hsm.create_backup_key(rotation.to)));
    co_return co_await note_made(rotation.to);
  }

  Task<Result<RotationSlice>> rewrap(const store::Rotation&) override { co_return RotationSlice{.finished = true}; }

  Status settle(store::Writer&, const store::Rotation& rotation, CertificateFacts& facts) override {
    facts.emplace_back("statement", fmt::format("nothing is wrapped by a backup key below version {}", rotation.to));
    facts.emplace_back("retained-backups", "0");
    return {};
  }

  Task<Status> destroy(const store::Rotation& rotation) override {
    KAITO_CO_TRY(const auto before, co_await parts_.hsm.status());
    for (const auto& key : before.backup_keys)
      if (key.version < rotation.to) KAITO_CO_CHECK(co_await parts_.hsm.destroy_backup_key(key.version));
    KAITO_CO_TRY(const auto after, co_await parts_.hsm.status());
    for (const auto& key : after.backup_keys)
      if (key.version < rotation.to)
        co_return fail(Code::hsm_unavailable, fmt::format("backup key {} is still in the token", key.version));
    co_return Status{};
  }
};

class AuditRotation final : public HsmKeyRotation {
 public:
  explicit AuditRotation(RotationParts parts) : HsmKeyRotation(parts, store::KeyKind::audit) {}

  Task<Status> prepare(const store::Rotation& rotation) override {
    KAITO_CO_CHECK(made_or_there(co_await parts_.hsm.create_audit_key(rotation.to)));
    KAITO_CO_TRY(const auto key, co_await parts_.hsm.audit_key(rotation.to));
    KAITO_CO_CHECK(co_await note_made(rotation.to));
    KAITO_CO_TRY(const auto verifier, audit::VerifierKey::make(parts_.journal.origin(), key.public_key));
    KAITO_CO_CHECK(co_await write(parts_.store, [&](store::Writer& writer) { return remember_key(writer, verifier); }));
    parts_.signer.use(key);
    co_return Status{};
  }

  // Finished when a checkpoint bears the new key's signature: from there on the log does not need the old one.
  Task<Result<RotationSlice>> rewrap(const store::Rotation& rotation) override {
    KAITO_CO_TRY(const bool was_signed, signed_by(rotation.to));
    if (was_signed) co_return RotationSlice{.finished = true};
    // A log that has not grown gets no new checkpoint.
    KAITO_CO_CHECK(co_await parts_.journal.record(rotation_event("key.audit.taken_into_use", rotation)));
    const auto signer = parts_.signer.present();
    KAITO_CO_CHECK(co_await parts_.journal.checkpoint(*signer));
    KAITO_CO_TRY(const bool is_signed, signed_by(rotation.to));
    co_return RotationSlice{.finished = is_signed};
  }

  Status settle(store::Writer& writer, const store::Rotation& rotation, CertificateFacts& facts) override {
    KAITO_TRY(const auto latest, writer.latest_checkpoint());
    if (!latest || latest->key_version < rotation.to)
      return fail(Code::conflict, "no checkpoint is signed by the new key yet");
    facts.emplace_back("statement",
                       fmt::format("new checkpoints are signed by audit keys from version {} on", rotation.to));
    facts.emplace_back("signed-log-size", std::to_string(latest->tree_size));
    KAITO_TRY(const auto known, audit::known_keys(writer));
    for (const auto& key : known) facts.emplace_back("verifier-key", key.str());
    facts.emplace_back("retained-backups", "0");
    return {};
  }

  Task<Status> destroy(const store::Rotation& rotation) override {
    KAITO_CO_TRY(const auto before, co_await parts_.hsm.status());
    for (const auto& key : before.audit_keys)
      if (key.version < rotation.to) KAITO_CO_CHECK(co_await parts_.hsm.destroy_audit_key(key.version));
    KAITO_CO_TRY(const auto after, co_await parts_.hsm.status());
    for (const auto& key : after.audit_keys)
      if (key.version < rotation.to)
        co_return fail(Code::hsm_unavailable, fmt::format("audit key {} is still in the token", key.version));
    co_return Status{};
  }

  // Who trusts the old key can go over to the new one by the certificate, which both have signed.
  Task<Result<std::vector<std::shared_ptr<audit::CheckpointSigner>>>> cosigners(
      const store::Rotation& rotation) override {
    std::vector<std::shared_ptr<audit::CheckpointSigner>> signers;
    auto old = co_await parts_.hsm.audit_key(rotation.from);
    if (old) signers.push_back(parts_.signer.of(*old));
    if (!old && old.error().code != Code::not_found) co_return fail(std::move(old).error());
    co_return signers;
  }

 private:
  Result<bool> signed_by(KeyVersion version) {
    KAITO_TRY(const auto snapshot, parts_.store.snapshot());
    KAITO_TRY(const auto latest, snapshot->latest_checkpoint());
    return latest && latest->key_version >= version;
  }
};

}  // namespace

std::unique_ptr<RotationWork> make_audit_rotation(RotationParts parts) {
  return std::make_unique<AuditRotation>(parts);
}
std::unique_ptr<RotationWork> make_backup_rotation(RotationParts parts) {
  return std::make_unique<BackupRotation>(parts);
}

}  // namespace kaito::keys
