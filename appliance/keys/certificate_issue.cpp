#include "appliance/keys/certificate_issue.hpp"

#include <sodium.h>

namespace kaito::keys {
namespace {

using store::CertificateKind;

Result<std::optional<store::KeyCertificate>> find_certificate(store::Reader& reader, const RotationId& rotation,
                                                              CertificateKind kind) {
  KAITO_TRY(const auto issued, reader.certificates_of(rotation));
  const auto found = std::ranges::find(issued, kind, &store::KeyCertificate::kind);
  if (found == issued.end()) return std::nullopt;
  return *found;
}

Status settle(const RotationParts& parts, RotationWork& work, const store::Rotation& rotation, CertificateKind kind,
              store::Writer& writer) {
  KAITO_TRY(const auto present, find_certificate(writer, rotation.id, kind));
  if (present) return {};
  CertificateFacts facts;
  KAITO_CHECK(kind == CertificateKind::destroyed ? work.settle_destruction(writer, rotation, facts)
                                                 : work.settle(writer, rotation, facts));
  const TimePoint now = parts.clock.now();
  return writer.insert(
      store::KeyCertificate{.rotation = rotation.id,
                            .kind = kind,
                            .statement = audit::key_statement(parts.journal.origin(), rotation, kind, now, facts),
                            .note = {},
                            .issued_at = now});
}

Task<Result<audit::NoteSignature>> sign(const RotationParts& parts, audit::CheckpointSigner& signer,
                                        const std::string& statement) {
  KAITO_CO_TRY(auto key, audit::VerifierKey::make(parts.journal.origin(), signer.public_key()));
  const ByteView text = as_bytes(statement);
  KAITO_CO_TRY(const auto signature, co_await signer.sign(Bytes(text.begin(), text.end())));
  if (!key.verifies(text, signature))
    co_return fail(Code::hsm_key_rejected, "the HSM's signature of a certificate does not verify");
  co_return audit::NoteSignature{std::move(key), signature};
}

std::string sha256_of(std::string_view text) {
  ByteArray<crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), as_bytes(text).data(), text.size());
  return to_hex(hash);
}

}  // namespace

audit::Event rotation_event(std::string_view action, const store::Rotation& rotation) {
  audit::Event event{.action = action};
  event.actor.kind = audit::ActorKind::system;
  event.org = rotation.org;
  event.targets.push_back({.kind = "rotation", .id = rotation.id.str()});
  event.details.push_back({.key = "key", .value = std::string(audit::key_name(rotation.kind))});
  event.details.push_back({.key = "version", .value = std::to_string(rotation.to)});
  return event;
}

Task<Status> issue_certificate(const RotationParts& parts, RotationWork& work, const store::Rotation& rotation,
                               CertificateKind kind, std::function<void(store::Rotation&)> next) {
  KAITO_CO_CHECK(
      co_await write(parts.store, [&](store::Writer& writer) { return settle(parts, work, rotation, kind, writer); }));
  std::optional<store::KeyCertificate> settled;
  {
    KAITO_CO_TRY(const auto snapshot, parts.store.snapshot());
    KAITO_CO_TRY(settled, find_certificate(*snapshot, rotation.id, kind));
  }
  if (!settled) co_return fail(Code::internal, "a settled certificate is gone");

  std::vector<audit::NoteSignature> signatures;
  KAITO_CO_TRY(auto signers, co_await work.cosigners(rotation));
  signers.push_back(parts.signer.present());
  for (const auto& signer : signers) {
    KAITO_CO_TRY(auto signature, co_await sign(parts, *signer, settled->statement));
    signatures.push_back(std::move(signature));
  }
  const std::string note = audit::sign_note(settled->statement, signatures);

  audit::Event event =
      rotation_event(kind == CertificateKind::destroyed ? "key.destroyed" : "key.rotation.certified", rotation);
  event.details.push_back({.key = "statement_sha256", .value = sha256_of(settled->statement)});
  auto commit = [&](store::Writer& writer, audit::Event&) -> Status {
    if (settled->note.empty()) KAITO_CHECK(writer.sign(rotation.id, kind, note));
    KAITO_TRY(auto row, writer.rotation(rotation.id));
    if (!row) return fail(Code::not_found, "no such rotation");
    row->updated_at = parts.clock.now();
    row->error.clear();
    next(*row);
    return writer.update(*row);
  };
  KAITO_CO_CHECK(co_await parts.journal.commit(std::move(event), std::move(commit)));
  co_return Status{};
}

}  // namespace kaito::keys
