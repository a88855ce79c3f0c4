// Which of a token's mechanisms wrap keys here: chosen anew at every start, and written into each blob as its scheme.
#pragma once

#include <string>

#include "hsm/token.hpp"
#include "hsm/wrap_scheme.hpp"

namespace kaito::hsm {

struct WrapMethods {
  // For new keys. A blob of another scheme is read as well as the token can.
  WrapScheme org_kek = WrapScheme::aes_kw;
  WrapScheme dek = WrapScheme::aes_gcm;

  // What stands for AES-KW and AES-KWP in C_WrapKey; 0: nothing does.
  CK_MECHANISM_TYPE key_wrap = 0;
  CK_MECHANISM_TYPE key_wrap_pad = 0;
  // What gives single AES blocks; 0: nothing does.
  CK_MECHANISM_TYPE blocks = 0;
  // Whether DEKs go through C_WrapKey and C_UnwrapKey; otherwise through `blocks`.
  bool dek_natively = false;

  // Known answers for each mechanism that is used. One that the token names but then does not do (hsm_unsupported) is
  // passed over for the next. hsm_key_rejected: an answer is wrong (F17). hsm_unsupported: nothing is left.
  static TokenResult<WrapMethods> choose(const Token& token, Session& session);
  // Of a customer's token, which wraps DEKs and no org KEKs. Where AES does nothing for them there, an RSA pair does:
  // `dek` is rsa_oaep then. It is proven when a pair is taken up: making one takes seconds and may not be undone.
  static TokenResult<WrapMethods> choose_for_deks_only(const Token& token, Session& session);

  [[nodiscard]] CK_MECHANISM_TYPE native(WrapScheme scheme) const noexcept {
    return scheme == WrapScheme::aes_kw ? key_wrap : scheme == WrapScheme::aes_kwp ? key_wrap_pad : 0;
  }
  [[nodiscard]] CK_MECHANISM_TYPE dek_mechanism() const noexcept;
  // "AES-KW (CKM_AES_KEY_WRAP)", …
  [[nodiscard]] std::string org_kek_name() const;
  [[nodiscard]] std::string dek_name() const;
};

}  // namespace kaito::hsm
