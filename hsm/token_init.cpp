#include "hsm/token_init.hpp"

#include "hsm/token.hpp"

namespace kaito::hsm {
namespace {

constexpr std::size_t kLabelSize = 32;

Failure wrong_set_up(std::string detail) {
  return Failure(Error{.code = Code::configuration, .detail = std::move(detail)});
}

struct Slots {
  std::vector<Slot> labelled;  // whose token has the label
  std::optional<Slot> free;    // whose token is not initialised
};

TokenResult<Slots> survey(const std::vector<Cryptoki>& modules, const std::string& label) {
  Slots slots;
  for (const Cryptoki& module : modules) {
    std::vector<CK_SLOT_ID> ids(256);
    CK_ULONG count = ids.size();
    KAITO_CHECK(module.call(function::get_slot_list, CK_BBOOL{CK_TRUE}, ids.data(), &count));
    if (count > ids.size()) return fail(wrong_set_up(fmt::format("C_GetSlotList gave {} slots", count)));
    ids.resize(count);
    for (const CK_SLOT_ID id : ids) {
      Slot slot{.cryptoki = module, .id = id};
      if (!module.call(function::get_token_info, id, &slot.info)) continue;
      if ((slot.info.flags & CKF_TOKEN_INITIALIZED) == 0) {
        if (!slots.free) slots.free = slot;
      } else if (token_text(slot.info.label) == label) {
        slots.labelled.push_back(slot);
      }
    }
  }
  return slots;
}

TokenOutcome set_user_pin(const Slot& slot, const Pin& so_pin, const Pin& user_pin) {
  Session session(slot.cryptoki);
  KAITO_CHECK(session.open(slot.cryptoki, slot.id));
  KAITO_CHECK(session.login(CKU_SO, so_pin.expose_secret()));
  KAITO_CHECK(session.init_pin(user_pin.expose_secret()));
  return session.logout();
}

TokenOutcome try_user_pin(const Slot& slot, const Pin& user_pin) {
  if ((slot.info.flags & (CKF_USER_PIN_LOCKED | CKF_USER_PIN_FINAL_TRY)) != 0)
    return fail(
        Failure(Error{.code = Code::hsm_pin_rejected, .detail = "the token's user PIN is locked or nearly so"}));
  Session session(slot.cryptoki);
  KAITO_CHECK(session.open(slot.cryptoki, slot.id));
  return session.login(CKU_USER, user_pin.expose_secret());
}

TokenOutcome initialise(const Slot& slot, const std::string& label, const Pin& so_pin) {
  std::string padded = label;
  padded.resize(kLabelSize, ' ');
  const ByteView pin = so_pin.expose_secret();
  return slot.cryptoki.call(function::init_token, slot.id, const_cast<CK_UTF8CHAR*>(pin.data()), CK_ULONG{pin.size()},
                            reinterpret_cast<CK_UTF8CHAR*>(padded.data()));
}

TokenOutcome set_up(const std::vector<Cryptoki>& modules, const std::string& label, const Pin& so_pin,
                    const Pin& user_pin) {
  if (label.empty() || label.size() > kLabelSize || label.back() == ' ')
    return fail(wrong_set_up("a token label has 1 to 32 bytes and no space at its end"));
  KAITO_TRY(Slots slots, survey(modules, label));
  if (slots.labelled.empty()) {
    if (!slots.free) return fail(wrong_set_up("no slot is free for a new token"));
    KAITO_CHECK(initialise(*slots.free, label, so_pin));
    // SoftHSM moves a new token to another slot.
    KAITO_TRY(slots, survey(modules, label));
  }
  if (slots.labelled.size() != 1)
    return fail(wrong_set_up(fmt::format("{} tokens are labelled {}", slots.labelled.size(), label)));
  const Slot& slot = slots.labelled.front();
  if ((slot.info.flags & CKF_USER_PIN_INITIALIZED) != 0) {
    // tpm2-pkcs11 sets the flag before there is a PIN, and says so at the login only (CKR_USER_PIN_NOT_INITIALIZED).
    auto tried = try_user_pin(slot, user_pin);
    if (tried || tried.error().error.code != Code::configuration) return tried;
  }
  return set_user_pin(slot, so_pin, user_pin);
}

}  // namespace

Status init_token(const std::vector<Cryptoki>& modules, const std::string& label, const Pin& so_pin,
                  const Pin& user_pin) {
  auto done = set_up(modules, label, so_pin, user_pin);
  if (!done) return fail(std::move(done.error().error).within("token set-up"));
  return {};
}

}  // namespace kaito::hsm
