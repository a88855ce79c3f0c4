#include "hsm/wrap_methods.hpp"

#include "hsm/known_answers.hpp"

namespace kaito::hsm {
namespace {

// Whether the token does what `test` asks, and not only says so. It must say no twice: what it fails to do once, at a
// start, it would be taken to be without until the next, and with it every blob of that kind.
template <class Test>
TokenResult<bool> does(Test test) {
  for (int tries = 0; tries < 2; ++tries) {
    auto tested = test();
    if (tested) return true;
    if (tested.error().error.code != Code::hsm_unsupported) return fail(std::move(tested).error());
  }
  return false;
}

TokenResult<CK_MECHANISM_TYPE> first_key_wrap(const Token& token, Session& session, KeyWrap kind,
                                              std::initializer_list<CK_MECHANISM_TYPE> candidates) {
  for (const CK_MECHANISM_TYPE mechanism : candidates) {
    if (!token.supports(mechanism, kWraps)) continue;
    KAITO_TRY(const bool works, does([&] { return test_key_wrap(session, mechanism, kind); }));
    if (works) return mechanism;
  }
  return CK_MECHANISM_TYPE{0};
}

TokenResult<CK_MECHANISM_TYPE> first_block_mode(const Token& token, Session& session) {
  for (const CK_MECHANISM_TYPE mode : {CKM_AES_ECB, CKM_AES_CBC}) {
    if (!token.supports(mode, kCiphers)) continue;
    KAITO_TRY(const bool works, does([&] { return test_key_wrap_by_blocks(session, mode); }));
    if (works) return mode;
  }
  return CK_MECHANISM_TYPE{0};
}

TokenResult<WrapScheme> choose_for_org_keks(const Token& token, const WrapMethods& methods) {
  if (methods.key_wrap != 0) return WrapScheme::aes_kw;
  if (methods.key_wrap_pad != 0) return WrapScheme::aes_kwp;
  // Proven when the first key pair wraps: making one takes seconds, too long for every start.
  if (token.supports(CKM_RSA_PKCS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR) && token.supports(CKM_RSA_PKCS_OAEP, kWraps))
    return WrapScheme::rsa_oaep;
  return fail(Failure(Error{.code = Code::hsm_unsupported,
                            .detail = "the token wraps no keys: it has neither CKM_AES_KEY_WRAP, "
                                      "CKM_AES_KEY_WRAP_KWP nor CKM_RSA_PKCS_OAEP for C_WrapKey and C_UnwrapKey"}));
}

TokenOutcome choose_for_deks(const Token& token, Session& session, WrapMethods& methods) {
  bool gcm = token.supports(CKM_AES_GCM, kCiphers);
  if (gcm) {
    KAITO_TRY(gcm, does([&] { return test_gcm(session); }));
  }
  if (gcm) {
    methods.dek = WrapScheme::aes_gcm;
    return {};
  }
  for (const WrapScheme scheme : {WrapScheme::aes_kw, WrapScheme::aes_kwp}) {
    if (methods.native(scheme) == 0) continue;
    KAITO_TRY(methods.dek_natively,
              does([&] { return test_wrapping_of_readable_keys(session, methods.native(scheme)); }));
    methods.dek = scheme;
    if (methods.dek_natively) return {};
  }
  methods.dek = WrapScheme::aes_kw;
  if (methods.blocks != 0) return {};
  return fail(Failure(Error{.code = Code::hsm_unsupported,
                            .detail = "the token wraps no DEKs: it has neither CKM_AES_GCM, CKM_AES_KEY_WRAP for keys "
                                      "that may be read, CKM_AES_ECB nor CKM_AES_CBC"}));
}

std::string_view name_of(WrapScheme scheme) {
  switch (scheme) {
    case WrapScheme::aes_kw: return "AES-KW";
    case WrapScheme::aes_gcm: return "AES-GCM";
    case WrapScheme::aes_kwp: return "AES-KWP";
    case WrapScheme::rsa_oaep: return "RSA-OAEP";
  }
  return "unknown";
}

TokenResult<WrapMethods> examine_mechanisms(const Token& token, Session& session) {
  if (!token.supports(CKM_AES_KEY_GEN, CKF_GENERATE))
    return fail(Failure(Error{.code = Code::hsm_unsupported, .detail = "the token does not offer CKM_AES_KEY_GEN"}));
  WrapMethods methods;
  KAITO_TRY(methods.key_wrap, first_key_wrap(token, session, KeyWrap::kw, {CKM_AES_KEY_WRAP}));
  // The older number means RFC 5649 to some and padding before RFC 3394 to others; the known answer tells.
  KAITO_TRY(methods.key_wrap_pad, first_key_wrap(token, session, KeyWrap::kwp, {kAesKeyWrapKwp, CKM_AES_KEY_WRAP_PAD}));
  KAITO_TRY(methods.blocks, first_block_mode(token, session));
  return methods;
}

}  // namespace

TokenResult<WrapMethods> WrapMethods::choose_for_deks_only(const Token& token, Session& session) {
  auto methods = examine_mechanisms(token, session);
  if (methods) {
    const auto chosen = choose_for_deks(token, session, *methods);
    if (!chosen) methods = fail(chosen.error());
  }
  if (methods || methods.error().error.code != Code::hsm_unsupported) return methods;
  if (token.supports(CKM_RSA_PKCS_OAEP, CKF_DECRYPT)) return WrapMethods{.dek = WrapScheme::rsa_oaep};
  return fail(Failure(Error{.code = Code::hsm_unsupported,
                            .detail = methods.error().error.detail + "; nor does it decrypt by CKM_RSA_PKCS_OAEP"}));
}

TokenResult<WrapMethods> WrapMethods::choose(const Token& token, Session& session) {
  KAITO_TRY(WrapMethods methods, examine_mechanisms(token, session));
  KAITO_TRY(methods.org_kek, choose_for_org_keks(token, methods));
  KAITO_CHECK(choose_for_deks(token, session, methods));
  return methods;
}

std::string WrapMethods::org_kek_name() const {
  const CK_MECHANISM_TYPE mechanism = org_kek == WrapScheme::rsa_oaep ? CKM_RSA_PKCS_OAEP : native(org_kek);
  return fmt::format("{} ({})", name_of(org_kek), mechanism_name(mechanism));
}

CK_MECHANISM_TYPE WrapMethods::dek_mechanism() const noexcept {
  if (dek == WrapScheme::aes_gcm) return CKM_AES_GCM;
  if (dek == WrapScheme::rsa_oaep) return CKM_RSA_PKCS_OAEP;
  return dek_natively ? native(dek) : blocks;
}

std::string WrapMethods::dek_name() const {
  return fmt::format("{} ({})", name_of(dek), mechanism_name(dek_mechanism()));
}

}  // namespace kaito::hsm
