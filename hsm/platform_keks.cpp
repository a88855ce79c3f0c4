#include "hsm/platform_keks.hpp"

#include "hsm/key_destruction.hpp"
#include "hsm/key_policy.hpp"

namespace kaito::hsm {
namespace {

constexpr CK_ULONG kPlatformModulusBits = 3072;  // as strong as AES-128, NIST SP 800-57 part 1 §5.6.1

}  // namespace

std::string PlatformKeks::name_of(KeyVersion version) const { return fmt::format("{} version {}", label_, version); }

TokenResult<PlatformKeks> PlatformKeks::find(Session& session, std::string_view label) {
  KAITO_TRY(const auto objects,
            session.find(AttributeTemplate().number(CKA_CLASS, CKO_SECRET_KEY).text(CKA_LABEL, label)));
  PlatformKeks keks(label);
  for (const ObjectHandle object : objects) {
    KAITO_TRY(const KeyVersion version, version_of(session, object, label));
    KAITO_CHECK(keks.add(session, version, {.wrapping = object, .unwrapping = object}));
  }
  KAITO_CHECK(keks.find_pairs(session));
  return keks;
}

// A public key alone is what is left of a pair whose destruction was cut short.
TokenOutcome PlatformKeks::find_pairs(Session& session) {
  std::map<KeyVersion, ObjectHandle> public_keys;
  KAITO_TRY(const auto publics,
            session.find(AttributeTemplate().number(CKA_CLASS, CKO_PUBLIC_KEY).text(CKA_LABEL, label_)));
  for (const ObjectHandle object : publics) {
    KAITO_TRY(const KeyVersion version, version_of(session, object, label_));
    public_keys.emplace(version, object);
  }
  KAITO_TRY(const auto privates,
            session.find(AttributeTemplate().number(CKA_CLASS, CKO_PRIVATE_KEY).text(CKA_LABEL, label_)));
  for (const ObjectHandle object : privates) {
    KAITO_TRY(const KeyVersion version, version_of(session, object, label_));
    const auto half = public_keys.find(version);
    if (half == public_keys.end())
      return fail(Failure(
          Error{.code = Code::hsm_key_rejected, .detail = fmt::format("{} has no public key", name_of(version))}));
    KAITO_CHECK(add(session, version, {.is_pair = true, .wrapping = half->second, .unwrapping = object}));
  }
  return {};
}

TokenOutcome PlatformKeks::add(Session& session, KeyVersion version, PlatformKey key) {
  KAITO_CHECK(key.is_pair ? check_platform_private_key(session, key.unwrapping, name_of(version))
                          : check_platform_kek(session, key.unwrapping, name_of(version)));
  if (keys_.emplace(version, key).second) return {};
  return fail(
      Failure(Error{.code = Code::hsm_key_rejected, .detail = fmt::format("{} exists twice", name_of(version))}));
}

AttributeTemplate PlatformKeks::named(KeyVersion version) const {
  return AttributeTemplate().text(CKA_LABEL, label_).bytes(CKA_ID, key_id(version)).flag(CKA_TOKEN, true);
}

TokenResult<PlatformKey> PlatformKeks::generate(Session& session, KeyVersion version) const {
  Mechanism mechanism(CKM_AES_KEY_GEN);
  KAITO_TRY(const ObjectHandle key, session.generate_key(mechanism.get(), named(version)
                                                                              .number(CKA_CLASS, CKO_SECRET_KEY)
                                                                              .number(CKA_KEY_TYPE, CKK_AES)
                                                                              .number(CKA_VALUE_LEN, 32)
                                                                              .flag(CKA_PRIVATE, true)
                                                                              .flag(CKA_SENSITIVE, true)
                                                                              .flag(CKA_EXTRACTABLE, false)
                                                                              .flag(CKA_WRAP, true)
                                                                              .flag(CKA_UNWRAP, true)
                                                                              .flag(CKA_ENCRYPT, false)
                                                                              .flag(CKA_DECRYPT, false)
                                                                              .flag(CKA_SIGN, false)
                                                                              .flag(CKA_VERIFY, false)));
  return PlatformKey{.wrapping = key, .unwrapping = key};
}

TokenResult<PlatformKey> PlatformKeks::generate_pair(Session& session, KeyVersion version,
                                                     CK_ULONG modulus_bits) const {
  // What is left of a pair whose destruction or creation was cut short.
  KAITO_CHECK(destroy_and_look_again(session, CKO_PUBLIC_KEY, label_, version, std::nullopt));
  Mechanism mechanism(CKM_RSA_PKCS_KEY_PAIR_GEN);
  KAITO_TRY(const auto pair, session.generate_key_pair(mechanism.get(),
                                                       named(version)
                                                           .number(CKA_MODULUS_BITS, modulus_bits)
                                                           .bytes(CKA_PUBLIC_EXPONENT, kPublicExponent)
                                                           .flag(CKA_WRAP, true)
                                                           .flag(CKA_ENCRYPT, false)
                                                           .flag(CKA_VERIFY, false),
                                                       named(version)
                                                           .flag(CKA_PRIVATE, true)
                                                           .flag(CKA_SENSITIVE, true)
                                                           .flag(CKA_EXTRACTABLE, false)
                                                           .flag(CKA_UNWRAP, true)
                                                           .flag(CKA_DECRYPT, false)
                                                           .flag(CKA_SIGN, false)));
  return PlatformKey{.is_pair = true, .wrapping = pair.public_key, .unwrapping = pair.private_key};
}

TokenOutcome PlatformKeks::check_absent(Session& session, KeyVersion version) const {
  if (has(version))
    return fail(Failure(Error{.code = Code::conflict, .detail = fmt::format("{} exists", name_of(version))}));
  // The token's word, not only ours: two keys of one version would be refused at the next start.
  for (const CK_OBJECT_CLASS kind : {CKO_SECRET_KEY, CKO_PRIVATE_KEY}) {
    KAITO_TRY(const auto there, session.find(named(version).number(CKA_CLASS, kind)));
    if (!there.empty())
      return fail(Failure({.code = Code::hsm_unavailable, .detail = fmt::format("{} appeared", name_of(version))},
                          ReturnClass::reopen));
  }
  return {};
}

TokenOutcome PlatformKeks::create(Session& session, WrapScheme scheme, KeyVersion version) {
  if (scheme == WrapScheme::rsa_oaep) return create_pair(session, version, kPlatformModulusBits);
  KAITO_CHECK(check_absent(session, version));
  KAITO_TRY(const PlatformKey key, generate(session, version));
  return keep(session, version, key);
}

TokenOutcome PlatformKeks::create_pair(Session& session, KeyVersion version, CK_ULONG modulus_bits) {
  KAITO_CHECK(check_absent(session, version));
  KAITO_TRY(const PlatformKey key, generate_pair(session, version, modulus_bits));
  return keep(session, version, key);
}

TokenOutcome PlatformKeks::keep(Session& session, KeyVersion version, PlatformKey key) {
  // A token may set an attribute otherwise than it was asked to.
  auto added = add(session, version, key);
  if (added) return {};
  // By name, not by handle: a token that gave a wrong key may have given the handle of another one.
  static_cast<void>(destroy(session, version));
  return added;
}

TokenResult<std::size_t> PlatformKeks::destroy(Session& session, KeyVersion version) {
  const auto known = keys_.find(version);
  const auto handle = [&](bool is_pair, ObjectHandle PlatformKey::* which) {
    return known != keys_.end() && known->second.is_pair == is_pair ? std::optional(known->second.*which)
                                                                    : std::nullopt;
  };
  // The private key before the public one, which does no harm alone.
  KAITO_TRY(const std::size_t secrets,
            destroy_and_look_again(session, CKO_SECRET_KEY, label_, version, handle(false, &PlatformKey::unwrapping)));
  KAITO_TRY(const std::size_t privates,
            destroy_and_look_again(session, CKO_PRIVATE_KEY, label_, version, handle(true, &PlatformKey::unwrapping)));
  KAITO_TRY(const std::size_t publics,
            destroy_and_look_again(session, CKO_PUBLIC_KEY, label_, version, handle(true, &PlatformKey::wrapping)));
  keys_.erase(version);
  return secrets + privates + publics;
}

TokenResult<PlatformKey> PlatformKeks::at(KeyVersion version) const {
  const auto found = keys_.find(version);
  if (found != keys_.end()) return found->second;
  return fail(Failure(Error{.code = Code::not_found, .detail = fmt::format("no {}", name_of(version))}));
}

std::size_t PlatformKeks::objects(KeyVersion version) const {
  const auto found = keys_.find(version);
  return found != keys_.end() && found->second.is_pair ? 2 : 1;
}

std::vector<KeyVersion> PlatformKeks::versions() const {
  std::vector<KeyVersion> list;
  for (const auto& [version, key] : keys_) list.push_back(version);
  return list;
}

}  // namespace kaito::hsm
