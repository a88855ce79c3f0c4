#include "hsm/held_keks.hpp"

#include "hsm/dek_wrap.hpp"
#include "hsm/held_key.hpp"
#include "hsm/key_policy.hpp"

namespace kaito::hsm {
namespace {

Failure rejected(std::string detail) {
  return Failure(Error{.code = Code::hsm_key_rejected, .detail = std::move(detail)});
}

// A URI that leaves the kind open means what the token wraps DEKs with by itself.
KeyKind kind_of(const WrapMethods& methods, const KeyUri& uri) {
  return uri.kind().value_or(methods.dek == WrapScheme::rsa_oaep ? KeyKind::pair : KeyKind::secret);
}

// A token that serves by RSA pairs alone, a smart card or a TPM, often says itself what a pair is for: tpm2-pkcs11 1.9
// makes none that does not sign as well, and refuses to be told otherwise.
bool pairs_may_sign(const WrapMethods& methods) { return methods.dek == WrapScheme::rsa_oaep; }

TokenOutcome check_policy(Token& token, const WrapMethods& methods, const KeyUri& uri, KeyKind kind,
                          ObjectHandle object) {
  if (kind == KeyKind::pair)
    return check_customer_private_key(token.session(), object, uri.text(), pairs_may_sign(methods));
  return check_customer_kek(token.session(), object, uri.text(), methods.dek_natively);
}

// Exactly one object, and as it must be (F12, F15). Nothing when there is none.
TokenResult<std::optional<ObjectHandle>> find(Token& token, const WrapMethods& methods, const KeyUri& uri,
                                              KeyKind kind) {
  if (!uri.matches(token.info())) return fail(rejected(fmt::format("{} is of another token", uri.text())));
  if (kind == KeyKind::secret && methods.dek == WrapScheme::rsa_oaep)
    return fail(rejected(
        fmt::format("{}: the token wraps nothing by an AES key, only by an RSA pair (type=private)", uri.text())));
  KAITO_TRY(const auto found, token.session().find(uri.attributes(kind)));
  if (found.empty()) return std::nullopt;
  if (found.size() > 1) return fail(rejected(fmt::format("{} keys in the token match {}", found.size(), uri.text())));
  KAITO_CHECK(check_policy(token, methods, uri, kind, found.front()));
  return found.front();
}

TokenResult<ObjectHandle> find_it(Token& token, const WrapMethods& methods, const KeyUri& uri, KeyKind kind) {
  KAITO_TRY(const auto found, find(token, methods, uri, kind));
  if (found) return *found;
  return fail(rejected(fmt::format("{} is not in the token{}", uri.text(),
                                   kind == KeyKind::secret ? " (an RSA pair there is named with type=private)" : "")));
}

// Whether a new pair is said to be for decryption alone.
enum class Uses : std::uint8_t { one, unsaid };

TokenOutcome generate_pair(Token& token, const KeyUri& uri, Uses uses) {
  AttributeTemplate public_half = uri.name()
                                      .number(CKA_MODULUS_BITS, kOaepModulusBits)
                                      .bytes(CKA_PUBLIC_EXPONENT, kPublicExponent)
                                      .flag(CKA_ENCRYPT, true)
                                      .flag(CKA_WRAP, false);
  AttributeTemplate private_half = uri.name()
                                       .flag(CKA_PRIVATE, true)
                                       .flag(CKA_SENSITIVE, true)
                                       .flag(CKA_EXTRACTABLE, false)
                                       .flag(CKA_DECRYPT, true)
                                       .flag(CKA_UNWRAP, false);
  if (uses == Uses::one) {
    std::move(public_half).flag(CKA_VERIFY, false);
    std::move(private_half).flag(CKA_SIGN, false);
  }
  Mechanism generation(CKM_RSA_PKCS_KEY_PAIR_GEN);
  KAITO_CHECK(token.session().generate_key_pair(generation.get(), std::move(public_half), std::move(private_half)));
  return {};
}

TokenOutcome generate_pair(Token& token, const WrapMethods& methods, const KeyUri& uri) {
  auto made = generate_pair(token, uri, Uses::one);
  if (made || made.error().kind != ReturnClass::fatal || !pairs_may_sign(methods)) return made;
  KAITO_TRY(const auto there, token.session().find(uri.attributes(KeyKind::pair)));
  if (!there.empty()) return {};  // made all the same
  return generate_pair(token, uri, Uses::unsaid);
}

TokenOutcome generate(Token& token, const WrapMethods& methods, const KeyUri& uri, KeyKind kind) {
  if (kind == KeyKind::pair) return generate_pair(token, methods, uri);
  Mechanism generation(CKM_AES_KEY_GEN);
  KAITO_CHECK(token.session().generate_key(generation.get(), allow_wrapping_deks(uri.attributes(kind)
                                                                                     .number(CKA_KEY_TYPE, CKK_AES)
                                                                                     .number(CKA_VALUE_LEN, kDekSize)
                                                                                     .flag(CKA_PRIVATE, true)
                                                                                     .flag(CKA_SENSITIVE, true)
                                                                                     .flag(CKA_EXTRACTABLE, false)
                                                                                     .flag(CKA_SIGN, false)
                                                                                     .flag(CKA_VERIFY, false),
                                                                                 methods)));
  return {};
}

// The key as it wraps DEKs, when the binding opens.
TokenResult<std::optional<OaepKek>> open_binding(Token& token, const WrapMethods& methods, KeyKind kind,
                                                 ObjectHandle object, const HeldKey& key, ByteView aad) {
  const Bytes bound_to = key.binding_aad(aad);
  if (kind == KeyKind::pair) {
    KAITO_TRY(OaepKek pair, OaepKek::open(token.session(), object, key.uri, key.binding, bound_to));
    return pair;
  }
  ByteArray<kDekSize> nobodys{};
  auto opened = unwrap_dek(token.session(), object, methods, key.binding, bound_to, nobodys);
  wipe(nobodys);
  KAITO_CHECK(std::move(opened));
  return std::nullopt;
}

}  // namespace

TokenResult<Bytes> HeldKeks::adopt(Token& token, const WrapMethods& methods, const KeyUri& uri, MakeKey make,
                                   ByteView aad) {
  const KeyKind kind = kind_of(methods, uri);
  KAITO_TRY(const auto there, find(token, methods, uri, kind));
  // A try that was cut short may have made it already: then it is taken like any other.
  if (!there && make == MakeKey::if_missing) KAITO_CHECK(generate(token, methods, uri, kind));
  KAITO_TRY(const ObjectHandle object, find_it(token, methods, uri, kind));
  HeldKey key{.uri = uri.text(), .binding = {}};
  if (kind == KeyKind::pair) {
    KAITO_CHECK(OaepKek::bind(token.session(), object, key.uri, key.binding_aad(aad), random_, key.binding));
    return key.serialize();
  }
  ByteArray<kDekSize> nobodys{};  // opens nothing
  random_.fill(nobodys);
  KAITO_TRY(key.binding, wrap_dek(token.session(), object, methods, nobodys, key.binding_aad(aad), random_));
  return key.serialize();
}

TokenResult<HeldKeks::Checked> HeldKeks::check(Token& token, const WrapMethods& methods, OrgKekView kek) const {
  KAITO_TRY(const HeldKey key, HeldKey::parse(kek.blob));
  KAITO_TRY(const KeyUri uri, KeyUri::parse(key.uri));
  // What it was when it was adopted, whatever the token has learned since.
  const KeyKind kind = is_oaep(key.binding) ? KeyKind::pair : KeyKind::secret;
  KAITO_TRY(const ObjectHandle object, find_it(token, methods, uri, kind));
  auto opened = open_binding(token, methods, kind, object, key, kek.aad);
  if (opened) return Checked{object, *std::move(opened)};
  if (opened.error().kind != ReturnClass::data_error) return fail(std::move(opened).error());
  // A key that is there under the right name but does not open what was adopted is another key.
  return fail(rejected(fmt::format("{} is not the key that was connected", key.uri)));
}

TokenResult<LoadedOrgKek*> HeldKeks::load(Token& token, const WrapMethods& methods, OrgKekView kek) {
  std::string cached = cache_key(kek);
  Held* held = held_.find(cached);
  const SteadyPoint now = clock_.steady_now();
  if (held != nullptr && held->checked_at && now - *held->checked_at < kRecheck) return &held->kek;
  auto checked = check(token, methods, kek);
  if (!checked) {
    // Nothing is kept of a key that failed: the next use asks the token again.
    if (held != nullptr) {
      held->checked_at.reset();
      held->kek.pair.reset();
    }
    return fail(std::move(checked).error());
  }
  if (held == nullptr) held = &held_.insert(std::move(cached), Held{});
  held->kek.key = checked->object;
  held->kek.pair = std::move(checked->pair);
  held->checked_at = now;
  ++held->kek.use.decryptions;
  return &held->kek;
}

TokenOutcome HeldKeks::look_again(Token& token, const WrapMethods& methods, OrgKekView kek) {
  if (Held* held = held_.find(cache_key(kek))) held->checked_at.reset();
  KAITO_CHECK(load(token, methods, kek));
  return {};
}

}  // namespace kaito::hsm
