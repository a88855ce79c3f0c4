#include "hsm/platform_keks.hpp"

#include "hsm/key_destruction.hpp"
#include "hsm/key_policy.hpp"

namespace kaito::hsm {

std::string PlatformKeks::name_of(KeyVersion version) const { return fmt::format("{} version {}", label_, version); }

TokenResult<PlatformKeks> PlatformKeks::find(Session& session, std::string_view label) {
  KAITO_TRY(const auto objects,
            session.find(AttributeTemplate().number(CKA_CLASS, CKO_SECRET_KEY).text(CKA_LABEL, label)));
  PlatformKeks keks(label);
  for (const ObjectHandle object : objects) {
    KAITO_TRY(const KeyVersion version, version_of(session, object, label));
    KAITO_CHECK(check_platform_kek(session, object, keks.name_of(version)));
    if (!keks.keys_.emplace(version, object).second)
      return fail(Failure(
          Error{.code = Code::hsm_key_rejected, .detail = fmt::format("{} exists twice", keks.name_of(version))}));
  }
  return keks;
}

TokenOutcome PlatformKeks::create(Session& session, KeyVersion version) {
  if (has(version))
    return fail(Failure(Error{.code = Code::conflict, .detail = fmt::format("{} exists", name_of(version))}));
  Mechanism mechanism(CKM_AES_KEY_GEN);
  KAITO_TRY(const ObjectHandle key, session.generate_key(mechanism.get(), AttributeTemplate()
                                                                              .number(CKA_CLASS, CKO_SECRET_KEY)
                                                                              .number(CKA_KEY_TYPE, CKK_AES)
                                                                              .number(CKA_VALUE_LEN, 32)
                                                                              .text(CKA_LABEL, label_)
                                                                              .bytes(CKA_ID, key_id(version))
                                                                              .flag(CKA_TOKEN, true)
                                                                              .flag(CKA_PRIVATE, true)
                                                                              .flag(CKA_SENSITIVE, true)
                                                                              .flag(CKA_EXTRACTABLE, false)
                                                                              .flag(CKA_WRAP, true)
                                                                              .flag(CKA_UNWRAP, true)
                                                                              .flag(CKA_ENCRYPT, false)
                                                                              .flag(CKA_DECRYPT, false)
                                                                              .flag(CKA_SIGN, false)
                                                                              .flag(CKA_VERIFY, false)));
  // A token may set an attribute otherwise than it was asked to.
  if (auto checked = check_platform_kek(session, key, name_of(version)); !checked) {
    static_cast<void>(session.destroy(key));
    return checked;
  }
  keys_.emplace(version, key);
  return {};
}

TokenResult<std::size_t> PlatformKeks::destroy(Session& session, KeyVersion version) {
  const auto known = keys_.find(version);
  KAITO_TRY(const std::size_t found,
            destroy_and_look_again(session, CKO_SECRET_KEY, label_, version,
                                   known == keys_.end() ? std::nullopt : std::optional(known->second)));
  keys_.erase(version);
  return found;
}

TokenResult<ObjectHandle> PlatformKeks::at(KeyVersion version) const {
  const auto found = keys_.find(version);
  if (found != keys_.end()) return found->second;
  return fail(Failure(Error{.code = Code::not_found, .detail = fmt::format("no {}", name_of(version))}));
}

std::vector<KeyVersion> PlatformKeks::versions() const {
  std::vector<KeyVersion> list;
  for (const auto& [version, key] : keys_) list.push_back(version);
  return list;
}

}  // namespace kaito::hsm
