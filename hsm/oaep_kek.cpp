#include "hsm/oaep_kek.hpp"

#include <sodium.h>

#include "appliance/base/invariant.hpp"
#include "hsm/protocol/wrapped_dek.hpp"
#include "hsm/wrap_scheme.hpp"

namespace kaito::hsm {
namespace {

// Neither is the beginning of the other: no binding is ever read as a DEK.
constexpr std::string_view kOaepBindingPurpose = "kaito RSA-OAEP binding v1";
constexpr std::string_view kOaepDekPurpose = "kaito RSA-OAEP DEK v1";
constexpr std::size_t kMacSize = crypto_auth_hmacsha256_BYTES;
constexpr std::size_t kHead = 1 + kOaepSize;
constexpr std::size_t kBlob = kHead + kMacSize;
static_assert(kBlob <= kMaxWrappedDek);
static_assert(kDekSize == crypto_auth_hmacsha256_KEYBYTES, "a binding's secret has the size of a DEK");

// Everything before the AAD has a fixed size: no two different inputs give the same text.
ByteArray<kMacSize> mac_of(ByteView secret, std::string_view purpose, ByteView head, ByteView aad) {
  crypto_auth_hmacsha256_state state{};
  ByteArray<kMacSize> mac{};
  crypto_auth_hmacsha256_init(&state, secret.data(), secret.size());
  for (const ByteView part : {as_bytes(purpose), head, aad})
    crypto_auth_hmacsha256_update(&state, part.data(), part.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  sodium_memzero(&state, sizeof state);
  return mac;
}

// `blob` is well formed.
TokenOutcome check_mac(ByteView secret, std::string_view purpose, ByteView blob, ByteView aad) {
  const auto mac = mac_of(secret, purpose, blob.first(kHead), aad);
  if (sodium_memcmp(mac.data(), blob.data() + kHead, mac.size()) == 0) return {};
  return fail(refused_data("what an RSA pair wraps is bound to another place, or was altered"));
}

TokenOutcome check_form(ByteView blob) {
  if (is_oaep(blob) && blob.size() == kBlob) return {};
  return fail(refused_data(fmt::format("of scheme {} with {} bytes, under an RSA pair",
                                       blob.empty() ? 0U : static_cast<unsigned>(blob.front()), blob.size())));
}

TokenResult<Bytes> seal(const OaepPublicKey& key, ByteView secret, std::string_view purpose, ByteView plaintext,
                        ByteView aad) {
  KAITO_TRY(const auto wrapped, key.encrypt(plaintext));
  Bytes blob{static_cast<std::uint8_t>(WrapScheme::rsa_oaep)};
  append(blob, wrapped);
  append(blob, mac_of(secret, purpose, blob, aad));
  return blob;
}

// What is wrapped in a well-formed blob, which the token alone can tell.
TokenOutcome decrypt(Session& session, ObjectHandle private_key, ByteView blob,
                     std::span<std::uint8_t, kDekSize> plaintext) {
  OaepMechanism oaep;
  WipedBytes opened(kOaepSize);  // as much room as the ciphertext takes: modules ask for it before they know the size
  KAITO_TRY(const std::size_t size, session.decrypt(oaep.get(), private_key, blob.subspan(1, kOaepSize), opened));
  if (size != plaintext.size()) return fail(refused_data(fmt::format("an RSA pair wraps {} bytes", size)));
  std::copy_n(opened.begin(), plaintext.size(), plaintext.begin());
  return {};
}

// What has just been wrapped must open: it would be lost else, and a modulus that is not the private key's shows here.
TokenOutcome look_again(Session& session, ObjectHandle private_key, ByteView blob, ByteView plaintext) {
  ByteArray<kDekSize> opened{};
  auto outcome = decrypt(session, private_key, blob, opened);
  const bool same = sodium_memcmp(opened.data(), plaintext.data(), opened.size()) == 0;
  wipe(opened);
  if (outcome && same) return {};
  if (outcome || outcome.error().kind == ReturnClass::data_error)
    return fail(
        Failure(Error{.code = Code::hsm_unavailable, .detail = "the token does not open what its RSA key wraps"}));
  return outcome;
}

TokenResult<OaepPublicKey> public_key_of(Session& session, ObjectHandle private_key, std::string_view name) {
  KAITO_TRY(const auto modulus, session.bytes(private_key, CKA_MODULUS));
  KAITO_TRY(const auto exponent, session.bytes(private_key, CKA_PUBLIC_EXPONENT));
  const auto rejected = [&](std::string_view why) {
    return Failure(Error{.code = Code::hsm_key_rejected, .detail = fmt::format("{}: {}", name, why)});
  };
  if (!modulus) return fail(rejected("CKA_MODULUS cannot be read"));
  if (!exponent) return fail(rejected("CKA_PUBLIC_EXPONENT cannot be read"));
  auto key = OaepPublicKey::make(*modulus, *exponent);
  if (key) return *std::move(key);
  if (key.error().code == Code::hsm_key_rejected) return fail(rejected(key.error().detail));
  return fail(Failure(std::move(key).error()));
}

}  // namespace

bool is_oaep(ByteView blob) noexcept {
  return !blob.empty() && blob.front() == static_cast<std::uint8_t>(WrapScheme::rsa_oaep);
}

TokenResult<OaepKek> OaepKek::bind(Session& session, ObjectHandle private_key, std::string_view name, ByteView aad,
                                   Random& random, Bytes& binding) {
  KAITO_TRY(OaepPublicKey public_key, public_key_of(session, private_key, name));
  auto secret = BindingSecret::random(kDekSize, random);
  KAITO_TRY(Bytes blob, seal(public_key, secret.expose_secret(), kOaepBindingPurpose, secret.expose_secret(), aad));
  KAITO_CHECK(look_again(session, private_key, blob, secret.expose_secret()));
  binding = std::move(blob);
  return OaepKek(private_key, std::move(public_key), std::move(secret));
}

TokenResult<OaepKek> OaepKek::open(Session& session, ObjectHandle private_key, std::string_view name, ByteView binding,
                                   ByteView aad) {
  KAITO_CHECK(check_form(binding));
  KAITO_TRY(OaepPublicKey public_key, public_key_of(session, private_key, name));
  BindingSecret secret(kDekSize);
  KAITO_CHECK(decrypt(session, private_key, binding, secret.expose_secret().first<kDekSize>()));
  KAITO_CHECK(check_mac(secret.expose_secret(), kOaepBindingPurpose, binding, aad));
  return OaepKek(private_key, std::move(public_key), std::move(secret));
}

TokenResult<Bytes> OaepKek::wrap(Session& session, ByteView dek, ByteView aad) const {
  KAITO_INVARIANT(dek.size() == kDekSize);
  KAITO_TRY(Bytes blob, seal(public_key_, secret_.expose_secret(), kOaepDekPurpose, dek, aad));
  KAITO_CHECK(look_again(session, private_key_, blob, dek));
  return blob;
}

TokenOutcome OaepKek::unwrap(Session& session, ByteView blob, ByteView aad, std::span<std::uint8_t> dek) const {
  KAITO_INVARIANT(dek.size() == kDekSize);
  KAITO_CHECK(check_form(blob));
  KAITO_CHECK(check_mac(secret_.expose_secret(), kOaepDekPurpose, blob, aad));
  auto outcome = decrypt(session, private_key_, blob, dek.first<kDekSize>());
  if (!outcome) wipe(dek);
  return outcome;
}

}  // namespace kaito::hsm
