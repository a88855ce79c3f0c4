#include "hsm/held_keks.hpp"

#include "hsm/dek_wrap.hpp"
#include "hsm/held_key.hpp"
#include "hsm/key_policy.hpp"

namespace kaito::hsm {
namespace {

std::string cache_key(OrgKekView kek) {
  Bytes key;
  append_u16(key, static_cast<std::uint16_t>(kek.blob.size()));  // at most kMaxBlob
  append(key, kek.blob);
  append(key, kek.aad);
  return std::string(as_text(key));
}

Failure rejected(std::string detail) {
  return Failure(Error{.code = Code::hsm_key_rejected, .detail = std::move(detail)});
}

// Exactly one object, and as it must be (F12, F15). Nothing when there is none.
TokenResult<std::optional<ObjectHandle>> find(Token& token, const WrapMethods& methods, const KeyUri& uri) {
  if (!uri.matches(token.info())) return fail(rejected(fmt::format("{} is of another token", uri.text())));
  KAITO_TRY(const auto found, token.session().find(uri.attributes()));
  if (found.empty()) return std::nullopt;
  if (found.size() > 1) return fail(rejected(fmt::format("{} keys in the token match {}", found.size(), uri.text())));
  KAITO_CHECK(check_customer_kek(token.session(), found.front(), uri.text(), methods.dek_natively));
  return found.front();
}

TokenResult<ObjectHandle> find_it(Token& token, const WrapMethods& methods, const KeyUri& uri) {
  KAITO_TRY(const auto found, find(token, methods, uri));
  if (found) return *found;
  return fail(rejected(fmt::format("{} is not in the token", uri.text())));
}

TokenOutcome generate(Token& token, const WrapMethods& methods, const KeyUri& uri) {
  Mechanism generation(CKM_AES_KEY_GEN);
  KAITO_CHECK(token.session().generate_key(generation.get(), allow_wrapping_deks(uri.attributes()
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

// A key that is there under the right name but does not open what was adopted is another key.
TokenOutcome check_binding(Token& token, const WrapMethods& methods, ObjectHandle object, const HeldKey& key,
                           ByteView aad) {
  ByteArray<kDekSize> nobodys{};
  auto opened = unwrap_dek(token.session(), object, methods, key.binding, key.binding_aad(aad), nobodys);
  wipe(nobodys);
  if (opened || opened.error().kind != ReturnClass::data_error) return opened;
  return fail(rejected(fmt::format("{} is not the key that was connected", key.uri)));
}

}  // namespace

TokenResult<Bytes> HeldKeks::adopt(Token& token, const WrapMethods& methods, const KeyUri& uri, MakeKey make,
                                   ByteView aad) {
  KAITO_TRY(const auto there, find(token, methods, uri));
  // A try that was cut short may have made it already: then it is taken like any other.
  if (!there && make == MakeKey::if_missing) KAITO_CHECK(generate(token, methods, uri));
  KAITO_TRY(const ObjectHandle object, find_it(token, methods, uri));
  HeldKey key{.uri = uri.text(), .binding = {}};
  ByteArray<kDekSize> nobodys{};  // opens nothing
  random_.fill(nobodys);
  KAITO_TRY(key.binding, wrap_dek(token.session(), object, methods, nobodys, key.binding_aad(aad), random_));
  return key.serialize();
}

TokenResult<ObjectHandle> HeldKeks::check(Token& token, const WrapMethods& methods, OrgKekView kek) const {
  KAITO_TRY(const HeldKey key, HeldKey::parse(kek.blob));
  KAITO_TRY(const KeyUri uri, KeyUri::parse(key.uri));
  KAITO_TRY(const ObjectHandle object, find_it(token, methods, uri));
  KAITO_CHECK(check_binding(token, methods, object, key, kek.aad));
  return object;
}

TokenResult<LoadedOrgKek*> HeldKeks::load(Token& token, const WrapMethods& methods, OrgKekView kek) {
  std::string cached = cache_key(kek);
  Held* held = held_.find(cached);
  const SteadyPoint now = clock_.steady_now();
  if (held != nullptr && held->checked_at && now - *held->checked_at < kRecheck) return &held->kek;
  auto checked = check(token, methods, kek);
  if (!checked) {
    // Nothing is kept of a key that failed: the next use asks the token again.
    if (held != nullptr) held->checked_at.reset();
    return fail(std::move(checked).error());
  }
  if (held == nullptr) held = &held_.insert(std::move(cached), Held{});
  held->kek.key = *checked;
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
