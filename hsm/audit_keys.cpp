#include "hsm/audit_keys.hpp"

#include <sodium.h>

#include "hsm/key_destruction.hpp"
#include "hsm/key_policy.hpp"

namespace kaito::hsm {
namespace {

constexpr ByteArray<5> kEd25519{0x06, 0x03, 0x2b, 0x65, 0x70};  // OBJECT IDENTIFIER 1.3.101.112, RFC 8410 §3
constexpr std::string_view kDerivation = "kaito audit key, Ed25519 seed v1";
constexpr std::string_view kProbe = "kaito audit key, pairwise check";

std::string name_of(KeyVersion version) { return fmt::format("{} version {}", AuditKeys::kLabel, version); }

Failure rejected(KeyVersion version, std::string_view why) {
  return Failure(Error{.code = Code::hsm_key_rejected, .detail = fmt::format("{}: {}", name_of(version), why)});
}

TokenResult<ByteArray<64>> sign_with(Session& session, ObjectHandle key, ByteView message) {
  Mechanism mechanism(CKM_EDDSA);
  ByteArray<64> signature{};
  KAITO_TRY(const std::size_t size, session.sign(mechanism.get(), key, message, signature));
  if (size != signature.size())
    return fail(Failure(Error{.code = Code::hsm_unsupported, .detail = "CKM_EDDSA gave no Ed25519 signature"}));
  return signature;
}

// By another implementation than the token's: nobody looks at a checkpoint's signature before it is published.
bool is_signature(const ByteArray<64>& signature, ByteView message, const ByteArray<32>& public_key) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), public_key.data()) == 0;
}

// CKA_EC_POINT: the 32 bytes of RFC 8032, bare (PKCS#11 v3.0) or in a DER OCTET STRING (v2.40, SoftHSM).
TokenResult<ByteArray<32>> public_bytes(Session& session, ObjectHandle public_key, KeyVersion version) {
  KAITO_TRY(const auto point, session.bytes(public_key, CKA_EC_POINT));
  ByteView bytes = point ? ByteView(*point) : ByteView();
  if (bytes.size() == 34 && bytes[0] == 0x04 && bytes[1] == 32) bytes = bytes.subspan(2);
  if (bytes.size() != 32) return fail(rejected(version, "its public key is not an Ed25519 point"));
  ByteArray<32> result{};
  std::ranges::copy(bytes, result.begin());
  return result;
}

TokenResult<std::map<KeyVersion, ObjectHandle>> find_class(Session& session, CK_OBJECT_CLASS object_class) {
  KAITO_TRY(const auto objects,
            session.find(AttributeTemplate().number(CKA_CLASS, object_class).text(CKA_LABEL, AuditKeys::kLabel)));
  std::map<KeyVersion, ObjectHandle> found;
  for (const ObjectHandle object : objects) {
    KAITO_TRY(const KeyVersion version, version_of(session, object, AuditKeys::kLabel));
    if (!found.emplace(version, object).second) return fail(rejected(version, "exists twice"));
  }
  return found;
}

AttributeTemplate named(KeyVersion version) {
  return AttributeTemplate().text(CKA_LABEL, AuditKeys::kLabel).bytes(CKA_ID, key_id(version)).flag(CKA_TOKEN, true);
}

TokenResult<AuditSecret> seed_of(Session& session, ObjectHandle secret) {
  AuditSecret seed(crypto_sign_SEEDBYTES);
  Mechanism mechanism(CKM_SHA256_HMAC);
  KAITO_TRY(const std::size_t size, session.sign(mechanism.get(), secret, as_bytes(kDerivation), seed.expose_secret()));
  if (size == seed.size()) return seed;
  return fail(Failure(Error{.code = Code::hsm_unsupported, .detail = "CKM_SHA256_HMAC gave no 32 bytes"}));
}

}  // namespace

TokenResult<AuditKeys::Signer> AuditKeys::load(Session& session, KeyVersion version, Session::KeyPair handles) {
  KAITO_CHECK(check_audit_private_key(session, handles.private_key, name_of(version)));
  KAITO_TRY(const auto public_key, public_bytes(session, handles.public_key, version));
  KAITO_TRY(const auto signature, sign_with(session, handles.private_key, as_bytes(kProbe)));
  Mechanism mechanism(CKM_EDDSA);
  auto verified = session.verify(mechanism.get(), handles.public_key, as_bytes(kProbe), signature);
  if (!verified && verified.error().kind == ReturnClass::data_error)
    return fail(rejected(version, "its public key does not verify its signature"));
  KAITO_CHECK(std::move(verified));
  if (!is_signature(signature, as_bytes(kProbe), public_key))
    return fail(rejected(version, "CKA_EC_POINT does not verify its signature"));
  return Signer{.handles = handles, .key = {.version = version, .public_key = public_key}, .derived = {}};
}

TokenResult<AuditKeys::Signer> AuditKeys::derive(Session& session, KeyVersion version, ObjectHandle secret) {
  KAITO_CHECK(check_audit_secret(session, secret, name_of(version)));
  KAITO_TRY(const AuditSecret seed, seed_of(session, secret));
  KAITO_TRY(const AuditSecret again, seed_of(session, secret));
  if (!(seed == again))
    return fail(
        Failure(Error{.code = Code::hsm_unavailable, .detail = fmt::format("{} gave two seeds", name_of(version))}));
  Signer signer{.handles = {.public_key = {}, .private_key = secret},
                .key = {.version = version},
                .derived = AuditSecret(crypto_sign_SECRETKEYBYTES)};
  crypto_sign_seed_keypair(signer.key.public_key.data(), signer.derived.expose_secret().data(),
                           seed.expose_secret().data());
  return signer;
}

TokenOutcome AuditKeys::add(KeyVersion version, Signer signer) {
  if (signers_.emplace(version, std::move(signer)).second) return {};
  return fail(rejected(version, "exists twice"));
}

TokenResult<AuditKeys> AuditKeys::find(Session& session) {
  KAITO_TRY(const auto private_keys, find_class(session, CKO_PRIVATE_KEY));
  KAITO_TRY(const auto public_keys, find_class(session, CKO_PUBLIC_KEY));
  KAITO_TRY(const auto secrets, find_class(session, CKO_SECRET_KEY));
  AuditKeys keys;
  for (const auto& [version, private_key] : private_keys) {
    const auto public_key = public_keys.find(version);
    if (public_key == public_keys.end()) return fail(rejected(version, "has no public key object"));
    KAITO_TRY(auto loaded, load(session, version, {.public_key = public_key->second, .private_key = private_key}));
    KAITO_CHECK(keys.add(version, std::move(loaded)));
  }
  for (const auto& [version, secret] : secrets) {
    KAITO_TRY(auto derived, derive(session, version, secret));
    KAITO_CHECK(keys.add(version, std::move(derived)));
  }
  return keys;
}

TokenResult<AuditKeys::Signer> AuditKeys::generate(Session& session, KeyVersion version) {
  // What is left of a pair whose destruction or creation was cut short.
  KAITO_CHECK(destroy_and_look_again(session, CKO_PUBLIC_KEY, kLabel, version, std::nullopt));
  Mechanism mechanism(CKM_EC_EDWARDS_KEY_PAIR_GEN);
  KAITO_TRY(
      const auto handles,
      session.generate_key_pair(mechanism.get(), named(version).bytes(CKA_EC_PARAMS, kEd25519).flag(CKA_VERIFY, true),
                                named(version)
                                    .flag(CKA_PRIVATE, true)
                                    .flag(CKA_SENSITIVE, true)
                                    .flag(CKA_EXTRACTABLE, false)
                                    .flag(CKA_SIGN, true)
                                    .flag(CKA_DECRYPT, false)
                                    .flag(CKA_UNWRAP, false)
                                    .flag(CKA_DERIVE, false)));
  return load(session, version, handles);
}

TokenResult<AuditKeys::Signer> AuditKeys::generate_secret(Session& session, KeyVersion version) {
  Mechanism mechanism(CKM_GENERIC_SECRET_KEY_GEN);
  KAITO_TRY(const ObjectHandle secret,
            session.generate_key(mechanism.get(), named(version)
                                                      .number(CKA_CLASS, CKO_SECRET_KEY)
                                                      .number(CKA_KEY_TYPE, CKK_GENERIC_SECRET)
                                                      .number(CKA_VALUE_LEN, 32)
                                                      .flag(CKA_PRIVATE, true)
                                                      .flag(CKA_SENSITIVE, true)
                                                      .flag(CKA_EXTRACTABLE, false)
                                                      .flag(CKA_SIGN, true)
                                                      .flag(CKA_DECRYPT, false)
                                                      .flag(CKA_UNWRAP, false)
                                                      .flag(CKA_DERIVE, false)));
  return derive(session, version, secret);
}

TokenResult<AuditKey> AuditKeys::create(Session& session, AuditSigning how, KeyVersion version) {
  if (has(version))
    return fail(Failure(Error{.code = Code::conflict, .detail = fmt::format("{} exists", name_of(version))}));
  if (how == AuditSigning::none)
    return fail(Failure(Error{.code = Code::hsm_unsupported,
                              .detail = "the token cannot keep an audit key: it offers neither CKM_EDDSA nor "
                                        "CKM_SHA256_HMAC"}));
  // The token's word, not only ours: two keys of one version would be refused at the next start.
  for (const CK_OBJECT_CLASS kind : {CKO_SECRET_KEY, CKO_PRIVATE_KEY}) {
    KAITO_TRY(const auto there, session.find(named(version).number(CKA_CLASS, kind)));
    if (!there.empty())
      return fail(Failure({.code = Code::hsm_unavailable, .detail = fmt::format("{} appeared", name_of(version))},
                          ReturnClass::reopen));
  }
  auto made = how == AuditSigning::in_token ? generate(session, version) : generate_secret(session, version);
  if (!made) {
    // By name, not by handle: a token that gave a wrong key may have given the handle of another one.
    static_cast<void>(destroy(session, version));
    return fail(std::move(made).error());
  }
  const AuditKey key = made->key;
  KAITO_CHECK(add(version, *std::move(made)));
  return key;
}

TokenResult<std::size_t> AuditKeys::destroy(Session& session, KeyVersion version) {
  const auto found = signers_.find(version);
  const bool known = found != signers_.end();
  const bool derived = known && !found->second.derived.empty();
  const auto handle = [&](bool wanted, ObjectHandle Session::KeyPair::* which) {
    return known && derived == wanted ? std::optional(found->second.handles.*which) : std::nullopt;
  };
  // The private key first: a public key that is left alone does no harm at the next start.
  KAITO_TRY(const auto secrets, destroy_and_look_again(session, CKO_SECRET_KEY, kLabel, version,
                                                       handle(true, &Session::KeyPair::private_key)));
  KAITO_TRY(const auto private_keys, destroy_and_look_again(session, CKO_PRIVATE_KEY, kLabel, version,
                                                            handle(false, &Session::KeyPair::private_key)));
  KAITO_TRY(const auto public_keys, destroy_and_look_again(session, CKO_PUBLIC_KEY, kLabel, version,
                                                           handle(false, &Session::KeyPair::public_key)));
  signers_.erase(version);
  return secrets + private_keys + public_keys;
}

std::size_t AuditKeys::objects(KeyVersion version) const {
  const auto found = signers_.find(version);
  return found != signers_.end() && !found->second.derived.empty() ? 1 : 2;
}

TokenResult<const AuditKeys::Signer*> AuditKeys::signer(KeyVersion version) const {
  const auto found = signers_.find(version);
  if (found != signers_.end()) return &found->second;
  return fail(Failure(Error{.code = Code::not_found, .detail = fmt::format("no {}", name_of(version))}));
}

TokenResult<AuditKey> AuditKeys::at(KeyVersion version) const {
  KAITO_TRY(const Signer* found, signer(version));
  return found->key;
}

TokenResult<ByteArray<64>> AuditKeys::sign(Session& session, KeyVersion version, ByteView message) const {
  KAITO_TRY(const Signer* found, signer(version));
  if (found->derived.empty()) {
    KAITO_TRY(const auto made, sign_with(session, found->handles.private_key, message));
    if (is_signature(made, message, found->key.public_key)) return made;
    return fail(Failure(
        Error{.code = Code::hsm_unavailable, .detail = fmt::format("{} gave a wrong signature", name_of(version))}));
  }
  ByteArray<crypto_sign_BYTES> signature{};
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                       found->derived.expose_secret().data());
  return signature;
}

std::vector<AuditKey> AuditKeys::all() const {
  std::vector<AuditKey> list;
  for (const auto& [version, found] : signers_) list.push_back(found.key);
  return list;
}

}  // namespace kaito::hsm
