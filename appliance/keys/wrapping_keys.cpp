#include "appliance/keys/wrapping_keys.hpp"

#include <limits>

#include "appliance/audit/wrapping_certificate.hpp"

namespace kaito::keys {
namespace {

audit::Target wrapping_target(KeyVersion version) { return {.kind = "wrapping_key", .id = std::to_string(version)}; }

Error no_such_key() {
  return Error{.code = Code::not_found,
               .field = "wrapping_key",
               .reason = "is not there; a security officer makes one (POST /v1/keys/wrapping-keys)"};
}

}  // namespace

std::string_view hash_name(hsm::OaepHash hash) noexcept { return hash == hsm::OaepHash::sha256 ? "SHA-256" : "SHA-1"; }

// Oldest first, those that were destroyed among them.
Result<std::vector<store::HsmKey>> WrappingKeys::all() {
  KAITO_TRY(const auto snapshot, store_.snapshot());
  KAITO_TRY(auto keys, snapshot->hsm_keys());
  std::erase_if(keys, [](const auto& key) { return key.kind != store::KeyKind::wrapping; });
  return keys;
}

Task<Result<auth::Recorded<store::HsmKey>>> WrappingKeys::commit(const auth::Permit& permit, store::HsmKey row) {
  audit::Event event = permit.event();
  event.targets.push_back(wrapping_target(row.version));
  auto change = [&](store::Writer& writer, audit::Event&) { return writer.put(row); };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<store::HsmKey>{std::move(row), std::move(receipt)};
}

Task<Result<auth::Recorded<store::HsmKey>>> WrappingKeys::create(const auth::Permit& permit) {
  KAITO_CO_TRY(const auto known, all());
  const KeyVersion newest = known.empty() ? 0 : known.back().version;
  if (newest == std::numeric_limits<KeyVersion>::max()) co_return fail(Code::conflict, "no version is left");
  const KeyVersion version = newest + 1;
  // One that is there already was left by a stop before its row was written.
  if (const auto made = co_await hsm_.create_wrapping_key(version); !made && made.error().code != Code::conflict)
    co_return fail(made.error());
  if (const auto usable = co_await hsm_.wrapping_key(version); !usable) {
    if (usable.error().code == Code::hsm_unsupported) KAITO_CO_CHECK(co_await hsm_.destroy_wrapping_key(version));
    co_return fail(usable.error());
  }
  co_return co_await commit(permit, {.kind = store::KeyKind::wrapping, .version = version, .created_at = clock_.now()});
}

Task<Result<auth::Recorded<store::HsmKey>>> WrappingKeys::destroy(const auth::Permit& permit, KeyVersion version) {
  KAITO_CO_TRY(const auto known, all());
  const auto found = std::ranges::find(known, version, &store::HsmKey::version);
  if (found == known.end() || found->destroyed_at) co_return fail(no_such_key());
  store::HsmKey row = *found;
  KAITO_CO_CHECK(co_await hsm_.destroy_wrapping_key(version));
  row.destroyed_at = clock_.now();
  co_return co_await commit(permit, std::move(row));
}

Task<Result<auth::Recorded<WrappingCertificate>>> WrappingKeys::certificate(const auth::Permit& permit,
                                                                            std::optional<KeyVersion> version) {
  KAITO_CO_TRY(auto known, all());
  std::erase_if(known, [&version](const auto& key) { return key.destroyed_at || (version && key.version != version); });
  if (known.empty()) co_return fail(no_such_key());
  KAITO_CO_TRY(auto certificate, co_await certify(known.back()));
  audit::Event event = permit.event();
  event.targets.push_back(wrapping_target(certificate.version));
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(std::move(event)));
  co_return auth::Recorded<WrappingCertificate>{std::move(certificate), std::move(receipt)};
}

Task<Result<WrappingCertificate>> WrappingKeys::certify(store::HsmKey row) {
  KAITO_CO_TRY(auto key, co_await hsm_.wrapping_key(row.version));
  const auto signer = signer_.present();
  KAITO_CO_TRY(const auto verifier, audit::VerifierKey::make(journal_.origin(), signer->public_key()));
  WrappingCertificate certificate{.version = row.version,
                                  .bits = key.modulus.size() * 8,
                                  .hash = std::string(hash_name(key.hash)),
                                  .takes_aes_key_wrap = key.takes_aes_key_wrap,
                                  .verifier_key = verifier.str(),
                                  .made_at = row.created_at};
  KAITO_CO_TRY(auto draft, audit::draft_wrapping_certificate({.origin = journal_.origin(),
                                                              .version = row.version,
                                                              .hash = certificate.hash,
                                                              .modulus = std::move(key.modulus),
                                                              .public_exponent = std::move(key.public_exponent),
                                                              .made_at = row.created_at},
                                                             verifier));
  KAITO_CO_TRY(const auto issuer_signature, co_await signer->sign(draft.issuer_tbs));
  KAITO_CO_TRY(const auto signature, co_await signer->sign(draft.tbs));
  KAITO_CO_TRY(certificate.pem, audit::finish_wrapping_certificate(draft, issuer_signature, signature));
  co_return certificate;
}

}  // namespace kaito::keys
