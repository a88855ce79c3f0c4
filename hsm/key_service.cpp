#include "hsm/key_service.hpp"

namespace kaito::hsm {
namespace {

constexpr int kMaxTries = 3;
constexpr std::size_t kListedOrgKeks = 64;
// About 0.2 ms with SoftHSM: what a code may have to wait for a rotation.
constexpr std::size_t kDeksBeforePause = 6;

// An RSA pair takes longer for each of them than AES does for all six.
bool is_time_to_pause(std::size_t moved, const LoadedOrgKek& from, const LoadedOrgKek& to) {
  return from.pair || to.pair || moved % kDeksBeforePause == 0;
}

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

KeyService::KeyService(std::unique_ptr<Token> token, TokenRole role, std::size_t org_kek_capacity,
                       GuardedTokenDirectory* guard, const Clock& clock, Random& random, Logger& logger)
    : token_(std::move(token)),
      role_(role),
      guard_(guard),
      random_(random),
      logger_(logger),
      org_keks_(org_kek_capacity, random),
      dek_rewrap_(random),
      held_keks_(org_kek_capacity, clock, random) {}

Result<std::unique_ptr<KeyService>> KeyService::open(std::vector<Cryptoki> modules, TokenUri uri, Pin pin,
                                                     TokenRole role, std::size_t org_kek_capacity,
                                                     GuardedTokenDirectory* guard, const Clock& clock, Random& random,
                                                     Logger& logger) {
  auto token = Token::open(std::move(modules), std::move(uri), std::move(pin));
  if (!token) return fail(std::move(token.error().error));
  std::unique_ptr<KeyService> service(
      new KeyService(*std::move(token), role, org_kek_capacity, guard, clock, random, logger));
  service->keep_copy_after_login();
  // Nothing is tried twice here: a token that fails its preflight does not serve.
  auto checked = service->choose_methods();
  if (checked) checked = service->find_keys();
  if (!checked) return fail(std::move(checked.error().error).within("preflight"));
  return service;
}

TokenOutcome KeyService::choose_methods() {
  if (role_ == TokenRole::customer) {
    KAITO_TRY(methods_, WrapMethods::choose_for_deks_only(*token_, session()));
    logger_.info("hsm.token.methods", {{"deks", methods_.dek_name()}});
    return {};
  }
  KAITO_TRY(methods_, WrapMethods::choose(*token_, session()));
  KAITO_TRY(audit_signing_, choose_audit_signing(*token_, session()));
  logger_.info("hsm.token.methods", {{"org_keks", methods_.org_kek_name()},
                                     {"deks", methods_.dek_name()},
                                     {"audit", audit_signing_name(audit_signing_)}});
  return {};
}

TokenOutcome KeyService::find_keys() {
  KAITO_TRY(canary_, Canary::create(session(), methods_, random_));
  KAITO_CHECK(canary_->sing(session()));
  if (role_ == TokenRole::customer) return {};
  KAITO_TRY(platform_keks_, PlatformKeks::find(session()));
  KAITO_TRY(backup_keys_, PlatformKeks::find(session(), PlatformKeks::kBackupLabel));
  KAITO_TRY(import_keys_, ImportKeys::find(session()));
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
  held_keks_.clear();
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
  status.mechanisms = {"DEKs: " + methods_.dek_name()};
  if (role_ == TokenRole::appliance) {
    status.mechanisms.insert(status.mechanisms.begin(), "org KEKs: " + methods_.org_kek_name());
    status.mechanisms.push_back(fmt::format("audit: {}", audit_signing_name(audit_signing_)));
  }
  status.max_sessions = session_limit(info);
  for (const KeyVersion version : platform_keks_.versions()) status.platform_keks.push_back({.version = version});
  for (const KeyVersion version : backup_keys_.versions()) status.backup_keys.push_back({.version = version});
  for (const KeyVersion version : import_keys_.versions()) status.wrapping_keys.push_back({.version = version});
  status.audit_keys = audit_keys_.all();
  status.org_keks = org_keks_.uses(kListedOrgKeks);
  status.loaded_org_keks = org_keks_.size() + held_keks_.size();
  status.epoch = token_->session().epoch();
  return status;
}

Status KeyService::canary() {
  return attempt([&] { return confirm_token(); });
}

template <class Undo>
Status KeyService::make_durable(Undo undo) {
  if (!guard_) return {};
  const auto kept = guard_->commit_removal();
  if (kept) return {};
  if (!undo()) logger_.error("hsm.key.not_undone", {{"error", kept.error()}});
  return fail(kept.error());
}

template <class Keys, class Create>
Status KeyService::create_key(Keys& keys, KeyVersion version, std::string_view event, Create create) {
  if (keys.has(version)) return fail(Code::conflict, fmt::format("key version {} exists", version));
  KAITO_CHECK(attempt([&]() -> TokenOutcome {
    // A try that was cut short may have made it all the same.
    if (keys.has(version)) return {};
    return create();
  }));
  KAITO_CHECK(make_durable([&] { return keys.destroy(session(), version).has_value(); }));
  logger_.info(event, {{"version", version}});
  return {};
}

Status KeyService::create_platform_kek(KeyVersion version) {
  return create_key(platform_keks_, version, "hsm.platform_kek.created",
                    [&] { return platform_keks_.create(session(), methods_.org_kek, version); });
}

Status KeyService::create_backup_key(KeyVersion version) {
  return create_key(backup_keys_, version, "hsm.backup_key.created",
                    [&] { return backup_keys_.create(session(), methods_.org_kek, version); });
}

Status KeyService::create_wrapping_key(KeyVersion version) {
  return create_key(import_keys_, version, "hsm.wrapping_key.created",
                    [&] { return import_keys_.create(session(), version); });
}

Result<WrappingKey> KeyService::wrapping_key(KeyVersion version) {
  return attempt([&] { return import_keys_.describe(session(), methods_, version); });
}

Result<ImportedKey> KeyService::import_org_kek(const ImportRequest& request) {
  auto imported = attempt([&] { return org_keks_.import(session(), methods_, platform_keks_, import_keys_, request); });
  if (!imported && imported.error().code == Code::integrity) ++counters_.refused;
  return imported;
}

template <class Keys>
Status KeyService::destroy_key(Keys& keys, KeyVersion version, std::string_view event) {
  const std::size_t objects = keys.objects(version);
  if (guard_) KAITO_CHECK(guard_->expect_removal(objects));
  const auto found = attempt([&] { return keys.destroy(session(), version); });
  // Also after a failure: whatever is gone by now must not come back on its own.
  const auto vanished = guard_ ? guard_->commit_removal() : Result<std::size_t>(objects);
  if (!found) return fail(found.error());
  if (!vanished) return fail(vanished.error());
  if (*vanished < *found)
    return fail(Code::hsm_unavailable, fmt::format("{} files of {} destroyed keys are gone", *vanished, *found));
  logger_.info(event, {{"version", version}});
  return {};
}

Status KeyService::destroy_platform_kek(KeyVersion version) {
  org_keks_.forget(version);
  return destroy_key(platform_keks_, version, "hsm.platform_kek.destroyed");
}

Status KeyService::destroy_backup_key(KeyVersion version) {
  return destroy_key(backup_keys_, version, "hsm.backup_key.destroyed");
}

Status KeyService::destroy_wrapping_key(KeyVersion version) {
  return destroy_key(import_keys_, version, "hsm.wrapping_key.destroyed");
}

Status KeyService::destroy_audit_key(KeyVersion version) {
  return destroy_key(audit_keys_, version, "hsm.audit_key.destroyed");
}

Result<Bytes> KeyService::create_org_kek(KeyVersion platform_version, ByteView aad) {
  return attempt([&] { return org_keks_.create(session(), methods_, platform_keks_, platform_version, aad); });
}

TokenResult<LoadedOrgKek*> KeyService::load(OrgKekView kek) {
  if (role_ == TokenRole::customer) return held_keks_.load(*token_, methods_, kek);
  return org_keks_.load(session(), methods_, platform_keks_, kek);
}

Result<Bytes> KeyService::adopt_org_kek(const AdoptRequest& request) {
  KAITO_TRY(const KeyUri uri, KeyUri::parse(request.key));
  return attempt([&] { return held_keks_.adopt(*token_, methods_, uri, request.make, request.aad); });
}

Status KeyService::load_org_kek(OrgKekView kek) {
  auto loaded = attempt([&] { return load(kek); });
  if (loaded) return {};
  if (loaded.error().code == Code::integrity) ++counters_.refused;
  return fail(std::move(loaded).error());
}

Result<std::vector<Bytes>> KeyService::wrap(OrgKekView kek, std::span<const DekToWrapView> deks) {
  auto wrapped = attempt([&]() -> TokenResult<std::vector<Bytes>> {
    KAITO_TRY(LoadedOrgKek * org_kek, load(kek));
    std::vector<Bytes> results(deks.size());
    for (std::size_t i = 0; i < deks.size(); ++i) {
      KAITO_TRY(results[i], org_kek->wrap(session(), methods_, deks[i].dek, deks[i].aad, random_));
    }
    return results;
  });
  if (wrapped) counters_.wraps += deks.size();
  return wrapped;
}

Result<UnwrappedDeks> KeyService::unwrap(OrgKekView kek, std::span<const DekToUnwrapView> deks) {
  auto unwrapped = attempt([&]() -> TokenResult<UnwrappedDeks> {
    KAITO_TRY(LoadedOrgKek * org_kek, load(kek));
    UnwrappedDeks results{.outcomes = std::vector<Status>(deks.size()), .deks = WipedBytes(deks.size() * kDekSize)};
    bool refused = false;
    for (std::size_t i = 0; i < deks.size(); ++i) {
      auto opened = org_kek->unwrap(session(), methods_, deks[i].wrapped, deks[i].aad,
                                    std::span(results.deks).subspan(i * kDekSize, kDekSize));
      if (opened) continue;
      if (opened.error().kind != ReturnClass::data_error) return fail(std::move(opened).error());
      results.outcomes[i] = fail(std::move(opened).error().error);
      refused = true;
    }
    KAITO_CHECK(judge_items(refused, kek));
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

// SoftHSM says the same of a bad tag and of its own failure; the canary tells them apart (F9).
TokenOutcome KeyService::judge_items(bool refused, std::optional<OrgKekView> kek) {
  if (!refused) return {};
  KAITO_CHECK(confirm_token());
  // A customer may have taken the key away this very moment, and modules say that in many ways.
  if (role_ == TokenRole::customer && kek) return held_keks_.look_again(*token_, methods_, *kek);
  return {};
}

Result<Outcomes<Bytes>> KeyService::rewrap_org_keks(KeyVersion from, KeyVersion to, std::span<const OrgKekView> keks) {
  for (const KeyVersion version : {from, to})
    if (!platform_keks_.has(version)) return fail(Code::not_found, fmt::format("no platform KEK {}", version));
  auto rewrapped = attempt([&]() -> TokenResult<Outcomes<Bytes>> {
    Outcomes<Bytes> results;
    results.reserve(keks.size());
    bool refused = false;
    for (const OrgKekView& kek : keks) {
      auto blob = org_keks_.rewrap(session(), methods_, platform_keks_, from, to, kek);
      if (blob) {
        results.emplace_back(*std::move(blob));
        continue;
      }
      if (blob.error().error.code != Code::integrity) return fail(std::move(blob).error());
      results.emplace_back(fail(std::move(blob).error().error));
      refused = true;
    }
    KAITO_CHECK(judge_items(refused, std::nullopt));
    return results;
  });
  if (rewrapped)
    for (const auto& outcome : *rewrapped) ++(outcome ? counters_.rewraps : counters_.refused);
  return rewrapped;
}

Result<Outcomes<Bytes>> KeyService::rewrap(OrgKekView from, OrgKekView to, std::span<const DekToRewrapView> deks,
                                           const Pause& pause) {
  auto rewrapped = attempt([&]() -> TokenResult<Outcomes<Bytes>> {
    LoadedOrgKek* old_kek = nullptr;
    LoadedOrgKek* new_kek = nullptr;
    Outcomes<Bytes> results;
    results.reserve(deks.size());
    bool refused = false;
    for (const DekToRewrapView& item : deks) {
      if (!results.empty() && is_time_to_pause(results.size(), *old_kek, *new_kek) && pause()) old_kek = nullptr;
      if (old_kek == nullptr) {
        // Whatever ran in the pause may have unloaded them.
        KAITO_TRY(old_kek, load(from));
        KAITO_TRY(new_kek, load(to));
      }
      auto blob = dek_rewrap_.rewrap(session(), methods_, *old_kek, *new_kek, item);
      if (blob) {
        results.emplace_back(*std::move(blob));
        continue;
      }
      if (blob.error().kind != ReturnClass::data_error) return fail(std::move(blob).error());
      results.emplace_back(fail(std::move(blob).error().error));
      refused = true;
    }
    KAITO_CHECK(judge_items(refused, from));
    return results;
  });
  dek_rewrap_.forget();
  if (!rewrapped) {
    if (rewrapped.error().code == Code::integrity) ++counters_.refused;
    return rewrapped;
  }
  for (const auto& outcome : *rewrapped) ++(outcome ? counters_.rewraps : counters_.refused);
  return rewrapped;
}

Result<AuditKey> KeyService::create_audit_key(KeyVersion version) {
  if (audit_keys_.has(version)) return fail(Code::conflict, fmt::format("audit key {} exists", version));
  // A public key that a kill has left alone makes way for the new pair, and must not be restored beside it.
  if (guard_) KAITO_CHECK(guard_->expect_removal(1));
  auto key = attempt([&]() -> TokenResult<AuditKey> {
    if (audit_keys_.has(version)) return audit_keys_.at(version);
    return audit_keys_.create(session(), audit_signing_, version);
  });
  if (!key) {
    if (guard_) static_cast<void>(guard_->commit_removal());
    return key;
  }
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
