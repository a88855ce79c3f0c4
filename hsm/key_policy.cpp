#include "hsm/key_policy.hpp"

#include <array>

namespace kaito::hsm {
namespace {

struct FlagRule {
  CK_ATTRIBUTE_TYPE type;
  std::string_view name;
  bool wanted;
  bool optional;  // a token that does not know the attribute passes
};

constexpr std::array kGuarded{
    FlagRule{CKA_TOKEN, "CKA_TOKEN", true, false},
    FlagRule{CKA_PRIVATE, "CKA_PRIVATE", true, false},
    FlagRule{CKA_SENSITIVE, "CKA_SENSITIVE", true, false},
    FlagRule{CKA_EXTRACTABLE, "CKA_EXTRACTABLE", false, false},
};
constexpr std::array kBornHere{
    FlagRule{CKA_NEVER_EXTRACTABLE, "CKA_NEVER_EXTRACTABLE", true, true},
};
// A key that both wraps and decrypts gives away what it wraps.
constexpr std::array kPlatformKek{
    FlagRule{CKA_WRAP, "CKA_WRAP", true, false},       FlagRule{CKA_UNWRAP, "CKA_UNWRAP", true, false},
    FlagRule{CKA_ENCRYPT, "CKA_ENCRYPT", false, true}, FlagRule{CKA_DECRYPT, "CKA_DECRYPT", false, true},
    FlagRule{CKA_SIGN, "CKA_SIGN", false, true},       FlagRule{CKA_VERIFY, "CKA_VERIFY", false, true},
    FlagRule{CKA_DERIVE, "CKA_DERIVE", false, true},
};
constexpr std::array kPlatformPrivateKey{
    FlagRule{CKA_UNWRAP, "CKA_UNWRAP", true, false},
    FlagRule{CKA_DECRYPT, "CKA_DECRYPT", false, false},
    FlagRule{CKA_SIGN, "CKA_SIGN", false, true},
    FlagRule{CKA_DERIVE, "CKA_DERIVE", false, true},
};
constexpr std::array kCustomerCipherKek{
    FlagRule{CKA_ENCRYPT, "CKA_ENCRYPT", true, false}, FlagRule{CKA_DECRYPT, "CKA_DECRYPT", true, false},
    FlagRule{CKA_WRAP, "CKA_WRAP", false, true},       FlagRule{CKA_UNWRAP, "CKA_UNWRAP", false, true},
    FlagRule{CKA_DERIVE, "CKA_DERIVE", false, true},
};
constexpr std::array kCustomerWrappingKek{
    FlagRule{CKA_WRAP, "CKA_WRAP", true, false},       FlagRule{CKA_UNWRAP, "CKA_UNWRAP", true, false},
    FlagRule{CKA_ENCRYPT, "CKA_ENCRYPT", false, true}, FlagRule{CKA_DECRYPT, "CKA_DECRYPT", false, true},
    FlagRule{CKA_DERIVE, "CKA_DERIVE", false, true},
};
// A key that wants the PIN for each use serves nobody who is not there to type it.
constexpr std::array kCustomerPrivateKey{
    FlagRule{CKA_DECRYPT, "CKA_DECRYPT", true, false},
    FlagRule{CKA_UNWRAP, "CKA_UNWRAP", false, true},
    FlagRule{CKA_DERIVE, "CKA_DERIVE", false, true},
    FlagRule{CKA_ALWAYS_AUTHENTICATE, "CKA_ALWAYS_AUTHENTICATE", false, true},
};
constexpr std::array kSignsNothing{FlagRule{CKA_SIGN, "CKA_SIGN", false, true}};
constexpr std::array kAuditKey{
    FlagRule{CKA_SIGN, "CKA_SIGN", true, false},
    FlagRule{CKA_DECRYPT, "CKA_DECRYPT", false, true},
    FlagRule{CKA_UNWRAP, "CKA_UNWRAP", false, true},
    FlagRule{CKA_DERIVE, "CKA_DERIVE", false, true},
};

Failure rejected(std::string_view key, std::string_view why) {
  return Failure(Error{.code = Code::hsm_key_rejected, .detail = fmt::format("{}: {}", key, why)});
}

TokenOutcome check_flags(Session& session, ObjectHandle object, std::string_view key, std::span<const FlagRule> rules) {
  for (const FlagRule& rule : rules) {
    KAITO_TRY(const auto value, session.flag(object, rule.type));
    if (!value && rule.optional) continue;
    if (!value) return fail(rejected(key, fmt::format("{} cannot be read", rule.name)));
    if (*value != rule.wanted) return fail(rejected(key, fmt::format("{} is {}", rule.name, *value)));
  }
  return {};
}

// Held safe by the token, and always was.
TokenOutcome check_guarded(Session& session, ObjectHandle object, std::string_view key) {
  KAITO_CHECK(check_flags(session, object, key, kGuarded));
  return check_flags(session, object, key, kBornHere);
}

TokenOutcome check_number(Session& session, ObjectHandle object, std::string_view key, CK_ATTRIBUTE_TYPE type,
                          CK_ULONG wanted, std::string_view what) {
  KAITO_TRY(const auto value, session.number(object, type));
  if (!value || *value != wanted) return fail(rejected(key, what));
  return {};
}

}  // namespace

TokenOutcome check_platform_kek(Session& session, ObjectHandle kek, std::string_view key) {
  KAITO_CHECK(check_number(session, kek, key, CKA_KEY_TYPE, CKK_AES, "is not an AES key"));
  KAITO_CHECK(check_number(session, kek, key, CKA_VALUE_LEN, 32, "is not of 256 bits"));
  KAITO_CHECK(check_guarded(session, kek, key));
  return check_flags(session, kek, key, kPlatformKek);
}

TokenOutcome check_platform_private_key(Session& session, ObjectHandle private_key, std::string_view key) {
  KAITO_CHECK(check_number(session, private_key, key, CKA_KEY_TYPE, CKK_RSA, "is not an RSA key"));
  KAITO_CHECK(check_guarded(session, private_key, key));
  return check_flags(session, private_key, key, kPlatformPrivateKey);
}

TokenOutcome check_customer_kek(Session& session, ObjectHandle kek, std::string_view key, bool natively) {
  KAITO_CHECK(check_number(session, kek, key, CKA_KEY_TYPE, CKK_AES, "is not an AES key"));
  KAITO_CHECK(check_number(session, kek, key, CKA_VALUE_LEN, 32, "is not of 256 bits"));
  KAITO_CHECK(check_flags(session, kek, key, kGuarded));
  return natively ? check_flags(session, kek, key, kCustomerWrappingKek)
                  : check_flags(session, kek, key, kCustomerCipherKek);
}

TokenOutcome check_customer_private_key(Session& session, ObjectHandle private_key, std::string_view key,
                                        bool may_sign) {
  KAITO_CHECK(check_number(session, private_key, key, CKA_KEY_TYPE, CKK_RSA, "is not an RSA key"));
  KAITO_CHECK(check_flags(session, private_key, key, kGuarded));
  KAITO_CHECK(check_flags(session, private_key, key, kCustomerPrivateKey));
  return may_sign ? TokenOutcome() : check_flags(session, private_key, key, kSignsNothing);
}

TokenOutcome check_audit_secret(Session& session, ObjectHandle secret, std::string_view key) {
  KAITO_CHECK(check_number(session, secret, key, CKA_KEY_TYPE, CKK_GENERIC_SECRET, "is not a generic secret"));
  KAITO_CHECK(check_guarded(session, secret, key));
  return check_flags(session, secret, key, kAuditKey);
}

TokenOutcome check_audit_private_key(Session& session, ObjectHandle private_key, std::string_view key) {
  KAITO_CHECK(check_number(session, private_key, key, CKA_KEY_TYPE, CKK_EC_EDWARDS, "is not an Edwards curve key"));
  KAITO_CHECK(check_guarded(session, private_key, key));
  return check_flags(session, private_key, key, kAuditKey);
}

Bytes key_id(std::uint32_t version) {
  Bytes id;
  append_u32(id, version);
  return id;
}

TokenResult<std::uint32_t> version_of(Session& session, ObjectHandle object, std::string_view label) {
  KAITO_TRY(const auto id, session.bytes(object, CKA_ID));
  if (!id || id->size() != 4 || *id == Bytes(4))
    return fail(rejected(label, "CKA_ID is not a version (4 bytes, big-endian, 1 or more)"));
  ByteReader reader(*id);
  KAITO_TRY(const std::uint32_t version, reader.u32());
  return version;
}

}  // namespace kaito::hsm
