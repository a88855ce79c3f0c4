#include "hsm/key_service.hpp"

#include "hsm/dek_wrap.hpp"

namespace kaito::hsm {
namespace {

constexpr int kMaxTries = 3;
constexpr std::size_t kListedOrgKeks = 64;

struct NeededMechanism {
  CK_MECHANISM_TYPE type;
  CK_FLAGS usage;
};
constexpr std::array kNeeded{
    NeededMechanism{CKM_AES_KEY_GEN, CKF_GENERATE},
    NeededMechanism{CKM_AES_KEY_WRAP, CKF_WRAP | CKF_UNWRAP},
    NeededMechanism{CKM_AES_GCM, CKF_ENCRYPT | CKF_DECRYPT},
    NeededMechanism{CKM_EC_EDWARDS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR},
    NeededMechanism{CKM_EDDSA, CKF_SIGN | CKF_VERIFY},
};

}  // namespace

template <class Operation>
auto KeyService::attempt(Operation operation) -> Result<typename std::invoke_result_t<Operation>::value_type> {
  for (int tries = 1;; ++tries) {
    auto result = operation();
    if (result) [[likely]] {
      if constexpr (std::is_void_v<typename decltype(result)::value_type>)
        return {};
      else
        return *std::move(result);
    }
    if (!recover(result.error(), tries)) return fail(std::move(result.error().error));
  }
}

KeyService::KeyService(std::unique_ptr<Token> token, std::size_t org_kek_capacity, GuardedTokenDirectory* guard,
                       Random& random, Logger& logger)
    : token_(std::move(token)), guard_(guard), random_(random), logger_(logger), org_keks_(org_kek_capacity, random) {}

Result<std::unique_ptr<KeyService>> KeyService::open(std::vector<Cryptoki> modules, TokenUri uri, Pin pin,
                                                     std::size_t org_kek_capacity, GuardedTokenDirectory* guard,
                                                     Random& random, Logger& logger) {
  auto token = Token::open(std::move(modules), std::move(uri), std::move(pin));
  if (!token) return fail(std::move(token.error().error));
  std::unique_ptr<KeyService> service(new KeyService(*std::move(token), org_kek_capacity, guard, random, logger));
  service->keep_copy_after_login();
  // Nothing is tried twice here: a token that fails its preflight does not serve.
  auto checked = service->check_mechanisms();
  if (checked) checked = run_known_answers(service->session());
  if (checked) checked = service->find_keys();
  if (!checked) return fail(std::move(checked.error().error).within("preflight"));
  return service;
}

TokenOutcome KeyService::check_mechanisms() {
  for (const auto& [type, usage] : kNeeded)
    if (!token_->supports(type, usage))
      return fail(Failure(Error{.code = Code::hsm_unsupported,
                                .detail = fmt::format("the token does not offer {}", mechanism_name(type))}));
  return {};
}

TokenOutcome KeyService::find_keys() {
  KAITO_TRY(canary_, Canary::create(session()));
  KAITO_CHECK(canary_->sing(session()));
  KAITO_TRY(platform_keks_, PlatformKeks::find(session()));
  KAITO_TRY(audit_keys_, AuditKeys::find(session()));
  return {};
}

void KeyService::keep_copy_after_login() {
  if (!guard_) return;
  // The login stands whatever became of the file; the token lives in memory and in its copy (F2).
  if (const auto kept = guard_->commit(); !kept) logger_.error("hsm.token.copy_failed", {{"error", kept.error()}});
}

TokenOutcome KeyService::reopen() {
  org_keks_.clear();
  canary_.reset();
  KAITO_CHECK(token_->reopen());
  keep_copy_after_login();
  KAITO_CHECK(find_keys());
  logger_.warning("hsm.token.reopened", {{"epoch", session().epoch()}});
  return {};
}

TokenOutcome KeyService::confirm_token() {
  auto sung = canary_->sing(session());
  if (sung || sung.error().kind == ReturnClass::reopen || sung.error().kind == ReturnClass::relogin) return sung;
  return fail(
      Failure({.code = Code::hsm_unavailable, .detail = "canary: " + sung.error().error.detail}, ReturnClass::restart));
}

bool KeyService::recover(Failure& failure, int tries) {
  // A failure of unclear cause, or a bad tag: is it the call or the token that is wrong?
  if (failure.error.code == Code::integrity ||
      (failure.kind == ReturnClass::fatal && failure.error.code == Code::hsm_unavailable)) {
    auto confirmed = confirm_token();
    if (confirmed) return false;
    failure = std::move(confirmed).error();
  }
  const bool again = tries < kMaxTries;
  switch (failure.kind) {
    case ReturnClass::retry: return again;
    case ReturnClass::relogin:
    case ReturnClass::reopen:
      if (again) {
        logger_.warning("hsm.token.lost", {{"error", failure.error}});
        auto reopened = reopen();
        if (reopened) return true;
        // A wrong PIN stays one: the next process must not try it (F8). Anything else may be over soon.
        if (reopened.error().error.code != Code::hsm_pin_rejected) reopened.error().error.code = Code::hsm_unavailable;
        failure = std::move(reopened).error();
      }
      must_restart_ = failure.error;
      return false;
    case ReturnClass::restart: must_restart_ = failure.error; return false;
    default: return false;
  }
}

TokenStatus KeyService::status() const {
  TokenStatus status = counters_;
  const CK_TOKEN_INFO& info = token_->info();
  status.label = token_text(info.label);
  status.serial = token_text(info.serialNumber);
  status.model = token_text(info.model);
  status.manufacturer = token_text(info.manufacturerID);
  status.firmware = fmt::format("{}.{}", info.firmwareVersion.major, info.firmwareVersion.minor);
  for (const auto& [type, usage] : kNeeded) status.mechanisms.push_back(mechanism_name(type));
  status.max_sessions = info.ulMaxSessionCount == CK_UNAVAILABLE_INFORMATION ? 0 : info.ulMaxSessionCount;
  for (const KeyVersion version : platform_keks_.versions()) status.platform_keks.push_back({.version = version});
  status.audit_keys = audit_keys_.all();
  status.org_keks = org_keks_.uses(kListedOrgKeks);
  status.loaded_org_keks = org_keks_.size();
  status.epoch = token_->session().epoch();
  return status;
}

Status KeyService::canary() {
  return attempt([&] { return confirm_token(); });
}

template <class Undo>
Status KeyService::make_durable(Undo undo) {
  if (!guard_) return {};
  auto kept = guard_->commit();
  if (!kept && !undo()) logger_.error("hsm.key.not_undone", {{"error", kept.error()}});
  return kept;
}

Status KeyService::create_platform_kek(KeyVersion version) {
  if (platform_keks_.has(version)) return fail(Code::conflict, fmt::format("platform KEK {} exists", version));
  KAITO_CHECK(attempt([&]() -> TokenOutcome {
    // A try that was cut short may have made it all the same.
    if (platform_keks_.has(version)) return {};
    return platform_keks_.create(session(), version);
  }));
  KAITO_CHECK(make_durable([&] { return platform_keks_.destroy(session(), version).has_value(); }));
  logger_.info("hsm.platform_kek.created", {{"version", version}});
  return {};
}

Result<Bytes> KeyService::create_org_kek(KeyVersion platform_version, ByteView aad) {
  return attempt([&] { return org_keks_.create(session(), platform_keks_, platform_version, aad); });
}

Status KeyService::load_org_kek(OrgKekView kek) {
  auto loaded = attempt([&] { return org_keks_.load(session(), platform_keks_, kek); });
  if (loaded) return {};
  if (loaded.error().code == Code::integrity) ++counters_.refused;
  return fail(std::move(loaded).error());
}

Result<std::vector<Bytes>> KeyService::wrap(OrgKekView kek, std::span<const DekToWrapView> deks) {
  auto wrapped = attempt([&]() -> TokenResult<std::vector<Bytes>> {
    KAITO_TRY(LoadedOrgKek * org_kek, org_keks_.load(session(), platform_keks_, kek));
    std::vector<Bytes> results(deks.size());
    for (std::size_t i = 0; i < deks.size(); ++i) {
      ++org_kek->use.encryptions;  // counted before: an invocation that fails may still have used its IV
      KAITO_TRY(results[i],
                wrap_dek(session(), org_kek->key.handle(), WrapScheme::aes_gcm, deks[i].dek, deks[i].aad, random_));
    }
    return results;
  });
  if (wrapped) counters_.wraps += deks.size();
  return wrapped;
}

Result<UnwrappedDeks> KeyService::unwrap(OrgKekView kek, std::span<const DekToUnwrapView> deks) {
  auto unwrapped = attempt([&]() -> TokenResult<UnwrappedDeks> {
    KAITO_TRY(LoadedOrgKek * org_kek, org_keks_.load(session(), platform_keks_, kek));
    UnwrappedDeks results{.outcomes = std::vector<Status>(deks.size()), .deks = WipedBytes(deks.size() * kDekSize)};
    bool refused = false;
    for (std::size_t i = 0; i < deks.size(); ++i) {
      ++org_kek->use.decryptions;
      auto opened = unwrap_dek(session(), org_kek->key.handle(), deks[i].wrapped, deks[i].aad,
                               std::span(results.deks).subspan(i * kDekSize, kDekSize));
      if (opened) continue;
      if (opened.error().kind != ReturnClass::data_error) return fail(std::move(opened).error());
      results.outcomes[i] = fail(std::move(opened).error().error);
      refused = true;
    }
    // SoftHSM says the same of a bad tag and of its own failure; the canary tells them apart (F9).
    if (refused) KAITO_CHECK(confirm_token());
    return results;
  });
  if (!unwrapped) {
    if (unwrapped.error().code == Code::integrity) ++counters_.refused;
    return unwrapped;
  }
  counters_.unwraps += deks.size();
  for (const auto& outcome : unwrapped->outcomes) counters_.refused += outcome ? 0 : 1;
  return unwrapped;
}

Result<AuditKey> KeyService::create_audit_key(KeyVersion version) {
  if (audit_keys_.has(version)) return fail(Code::conflict, fmt::format("audit key {} exists", version));
  KAITO_TRY(AuditKey key, attempt([&]() -> TokenResult<AuditKey> {
              if (audit_keys_.has(version)) return audit_keys_.at(version);
              return audit_keys_.create(session(), version);
            }));
  KAITO_CHECK(make_durable([&] { return audit_keys_.destroy(session(), version).has_value(); }));
  logger_.info("hsm.audit_key.created", {{"version", version}});
  return key;
}

Result<AuditKey> KeyService::audit_key(KeyVersion version) {
  return attempt([&] { return audit_keys_.at(version); });
}

Result<ByteArray<64>> KeyService::sign(KeyVersion version, ByteView message) {
  auto signature = attempt([&] { return audit_keys_.sign(session(), version, message); });
  if (signature) ++counters_.signatures;
  return signature;
}

}  // namespace kaito::hsm
