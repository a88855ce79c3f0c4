#include "hsm/token.hpp"

#include <p11-kit/p11-kit.h>

namespace kaito::hsm {
namespace {

constexpr std::size_t kMaxSlots = 256;

Failure wrong_token(Code code, std::string detail) { return Failure(Error{.code = code, .detail = std::move(detail)}); }

// A PIN that has been tried too often must not be tried to death (F8).
TokenOutcome may_try_pin(const CK_TOKEN_INFO& info) {
  const std::string label = token_text(info.label);
  if ((info.flags & CKF_USER_PIN_INITIALIZED) == 0)
    return fail(wrong_token(Code::configuration, fmt::format("token {} has no user PIN yet", label)));
  if ((info.flags & CKF_USER_PIN_LOCKED) != 0)
    return fail(wrong_token(Code::hsm_pin_rejected, fmt::format("the user PIN of token {} is locked", label)));
  if ((info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
    return fail(
        wrong_token(Code::hsm_pin_rejected,
                    fmt::format("token {} has one PIN attempt left; it is not spent: log in by hand first", label)));
  return {};
}

}  // namespace

std::string token_text(std::span<const CK_UTF8CHAR> field) {
  return std::string(reinterpret_cast<const char*>(field.data()), p11_kit_space_strlen(field.data(), field.size()));
}

std::uint64_t session_limit(const CK_TOKEN_INFO& info) {
  constexpr CK_ULONG kAnyNumber = 1UL << 31;
  return info.ulMaxSessionCount < kAnyNumber ? info.ulMaxSessionCount : 0;
}

TokenResult<Slot> find_slot(const std::vector<Cryptoki>& modules, const TokenUri& uri) {
  std::vector<Slot> matches;
  for (const Cryptoki& module : modules) {
    std::vector<CK_SLOT_ID> ids(kMaxSlots);
    CK_ULONG count = ids.size();
    KAITO_CHECK(module.call(function::get_slot_list, CK_BBOOL{CK_TRUE}, ids.data(), &count));
    if (count > ids.size())
      return fail(wrong_token(Code::hsm_unavailable, fmt::format("C_GetSlotList gave {} slots", count)));
    ids.resize(count);
    for (const CK_SLOT_ID id : ids) {
      Slot slot{.cryptoki = module, .id = id};
      // A token that was pulled out meanwhile, or another one that is broken, does not concern us.
      if (!module.call(function::get_token_info, id, &slot.info)) continue;
      if (uri.matches(slot.info)) matches.push_back(slot);
    }
  }
  if (matches.empty()) return fail(wrong_token(Code::configuration, fmt::format("no token matches {}", uri.text())));
  if (matches.size() > 1)
    return fail(wrong_token(Code::configuration,
                            fmt::format("{} tokens match {}: name one by `serial`", matches.size(), uri.text())));
  return matches.front();
}

Token::Token(std::vector<Cryptoki> modules, TokenUri uri, Pin pin, Slot slot)
    : modules_(std::move(modules)), uri_(std::move(uri)), pin_(std::move(pin)), slot_(slot), session_(slot.cryptoki) {}

TokenResult<std::unique_ptr<Token>> Token::open(std::vector<Cryptoki> modules, TokenUri uri, Pin pin) {
  KAITO_TRY(const Slot slot, find_slot(modules, uri));
  std::unique_ptr<Token> token(new Token(std::move(modules), std::move(uri), std::move(pin), slot));
  KAITO_CHECK(token->login());
  return token;
}

TokenOutcome Token::login() {
  KAITO_CHECK(may_try_pin(slot_.info));
  KAITO_CHECK(session_.open(slot_.cryptoki, slot_.id));
  return session_.login(CKU_USER, pin_.expose_secret());
}

TokenOutcome Token::reopen() {
  session_.close();
  KAITO_TRY(slot_, find_slot(modules_, uri_));
  return login();
}

bool Token::supports(CK_MECHANISM_TYPE mechanism, CK_FLAGS usage) const {
  const auto says_so = [&] {
    CK_MECHANISM_INFO info{};
    return slot_.cryptoki.call(function::get_mechanism_info, slot_.id, mechanism, &info).has_value() &&
           (info.flags & usage) == usage;
  };
  // A no is asked for twice: it decides for as long as the process lives.
  return says_so() || says_so();
}

}  // namespace kaito::hsm
