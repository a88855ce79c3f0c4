#include "tests/integration/hsm/swept_token.hpp"

#include <sodium.h>

#include <stdexcept>

#include "tests/fakes/sealed_message.hpp"

namespace kaito::hsm::test {
namespace {

template <class T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().describe());
  return *std::move(result);
}
void need(const Status& status) {
  if (!status) throw std::runtime_error(status.error().describe());
}

}  // namespace

SweptToken::SweptToken(TokenRole role) : role_(role) {
  need(open());
  if (role_ == TokenRole::appliance) {
    need(service_->create_platform_kek(1));
    need(service_->create_platform_kek(2));
    need(service_->create_backup_key(1));
    audit_key_ = need(service_->create_audit_key(1));
  }
  orgs_.push_back(make_org("first-org"));
  orgs_.push_back(make_org("second-org"));
}

KeptOrg SweptToken::make_org(std::string_view name) {
  KeptOrg org{.aad = Bytes(name.begin(), name.end())};
  random_.fill(org.dek);
  org.sealed = kaito::test::sealed(org.dek, "what the DEK is for", org.aad);
  const std::string key = fmt::format("pkcs11:object={}", name);
  org.blob = need(role_ == TokenRole::appliance
                      ? service_->create_org_kek(1, org.aad)
                      : service_->adopt_org_kek({.make = MakeKey::if_missing, .key = key, .aad = org.aad}));
  org.wrapped_dek = need(service_->wrap(org.kek(), std::vector<DekToWrapView>{{.dek = org.dek, .aad = org.aad}}))[0];
  return org;
}

Status SweptToken::open() {
  if (role_ == TokenRole::appliance) {
    KAITO_TRY(guard_, GuardedTokenDirectory::take(token_.softhsm().token_directory, logger_));
  }
  KAITO_TRY(TokenUri uri, TokenUri::parse(token_.config().token_uri));
  KAITO_TRY(service_, KeyService::open(module_.modules(), std::move(uri), Pin::copy_of(as_bytes(SoftHsmToken::kPin)),
                                       role_, 16, guard_ ? &*guard_ : nullptr, clock_, random_, logger_));
  return {};
}

void SweptToken::close() {
  service_.reset();
  guard_.reset();
}

void SweptToken::open_clean() {
  close();
  module_.heal();
  module_.restart();
  need(open());
}

void SweptToken::destroy_keys(std::string_view label) {
  const CK_FUNCTION_LIST& functions = *module_.real();
  CK_SLOT_ID slots[8];
  CK_ULONG count = 8;
  CK_SESSION_HANDLE session = 0;
  if (functions.C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK || count == 0 ||
      functions.C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session) != CKR_OK)
    throw std::runtime_error("no session beside the service's");
  std::string name(label);
  CK_ATTRIBUTE wanted{CKA_LABEL, name.data(), name.size()};
  CK_OBJECT_HANDLE found[8];
  CK_ULONG keys = 0;
  functions.C_FindObjectsInit(session, &wanted, 1);
  functions.C_FindObjects(session, found, 8, &keys);
  functions.C_FindObjectsFinal(session);
  for (CK_ULONG i = 0; i < keys; ++i)
    if (functions.C_DestroyObject(session, found[i]) != CKR_OK) throw std::runtime_error("a key stays");
  functions.C_CloseSession(session);
}

std::string SweptToken::opens(const KeptOrg& org) {
  const auto opened =
      service_->unwrap(org.kek(), std::vector<DekToUnwrapView>{{.wrapped = org.wrapped_dek, .aad = org.aad}});
  if (!opened) return opened.error().describe();
  if (!opened->outcomes[0]) return opened->outcomes[0].error().describe();
  return std::ranges::equal(opened->deks, org.dek) ? "" : "another DEK";
}

std::string SweptToken::signs_right(ByteView message, const ByteArray<64>& signature) const {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), audit_key_.public_key.data()) ==
                 0
             ? ""
             : "a wrong signature";
}

std::string SweptToken::missing() {
  for (const KeptOrg& org : orgs_)
    if (const std::string problem = opens(org); !problem.empty()) return "an org: " + problem;
  if (role_ == TokenRole::customer) return {};
  const TokenStatus status = service_->status();
  for (const KeyVersion version : {1U, 2U})
    if (std::ranges::find(status.platform_keks, version, &PlatformKek::version) == status.platform_keks.end())
      return fmt::format("platform KEK {} is lost", version);
  if (std::ranges::find(status.backup_keys, KeyVersion{1}, &PlatformKek::version) == status.backup_keys.end())
    return "the backup key is lost";
  const Bytes message{1, 2, 3};
  const auto signature = service_->sign(1, message);
  return signature ? signs_right(message, *signature) : "audit key: " + signature.error().describe();
}

}  // namespace kaito::hsm::test
