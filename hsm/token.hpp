// A token and the login to it. Nothing logs out while it serves; closing the last session does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "appliance/base/log.hpp"
#include "appliance/base/secret.hpp"
#include "hsm/session.hpp"
#include "hsm/token_uri.hpp"

namespace kaito::hsm {

// A slot whose token a URI names.
struct Slot {
  Cryptoki cryptoki;
  CK_SLOT_ID id = 0;
  CK_TOKEN_INFO info{};
};

// Text of a CK_TOKEN_INFO field, without its padding.
std::string token_text(std::span<const CK_UTF8CHAR> field);

// ulMaxSessionCount; 0 for no limit, or an unknown one (PKCS#11 §3.3; opencryptoki has a number of its own for that).
std::uint64_t session_limit(const CK_TOKEN_INFO& info);

// Exactly one token must match: none and several are Code::configuration (F12).
TokenResult<Slot> find_slot(const std::vector<Cryptoki>& modules, const TokenUri& uri);

// What a mechanism must be for, to wrap keys or to encrypt.
inline constexpr CK_FLAGS kWraps = CKF_WRAP | CKF_UNWRAP;
inline constexpr CK_FLAGS kCiphers = CKF_ENCRYPT | CKF_DECRYPT;

class Token {
 public:
  // Finds the token and logs in, with one attempt (F8). Refuses to spend the last try that the token has left.
  // hsm_pin_rejected, configuration, hsm_unavailable.
  static TokenResult<std::unique_ptr<Token>> open(std::vector<Cryptoki> modules, TokenUri uri, Pin pin);

  // After it was removed, or its session or login was lost: finds the token again, a new session, a new login.
  TokenOutcome reopen();

  // The only one: never assume that a token has more.
  [[nodiscard]] Session& session() noexcept { return session_; }
  [[nodiscard]] const Slot& slot() const noexcept { return slot_; }
  [[nodiscard]] const CK_TOKEN_INFO& info() const noexcept { return slot_.info; }
  // For what the token says that it can do.
  [[nodiscard]] bool supports(CK_MECHANISM_TYPE mechanism, CK_FLAGS usage) const;

 private:
  Token(std::vector<Cryptoki> modules, TokenUri uri, Pin pin, Slot slot);
  TokenOutcome login();
  std::vector<Cryptoki> modules_;
  TokenUri uri_;
  Pin pin_;
  Slot slot_;
  Session session_;
};

}  // namespace kaito::hsm
