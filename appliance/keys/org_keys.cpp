#include "appliance/keys/org_keys.hpp"

#include "appliance/envelope/binding.hpp"
#include "appliance/keys/customer_key.hpp"
#include "appliance/keys/dek_move.hpp"

namespace kaito::keys {
namespace {

constexpr std::size_t kMaxRemembered = 16'384;
constexpr int kCreateTries = 3;

// The platform KEK that wraps the blob is gone: the blob is a former one.
bool is_stale(const Error& error) { return error.code == Code::not_found; }

Error used_too_early() {
  return Error{.code = Code::hsm_unavailable,
               .detail = "the key was rotated meanwhile; trying again finds the new one"};
}

template <class T>
Task<T> waited_for(Future<T> future) {
  co_return co_await std::move(future);
}

// Starts the task here and now; it ends on this thread's executor.
template <class T>
Future<Result<T>> begin(Task<Result<T>> task) {
  auto [future, completer] = make_future<T>();
  spawn(std::move(task), [done = std::move(completer)](Result<T> result) mutable { done.set(std::move(result)); });
  return std::move(future);
}

}  // namespace

Task<Status> OrgKeys::take_customers(OrgId org, KeyVersion version, store::KeyPlace place) {
  KAITO_CO_TRY(HsmConnection * customer, customers_.need(place.hsm));
  KAITO_CO_TRY(auto adopted,
               co_await customer->adopt(org, place.key, place.make, customer_key_aad(place.hsm, org, version)));
  const CustomerKey key{.hsm = std::move(place.hsm), .key = std::move(place.key), .blob = std::move(adopted.blob)};
  co_return keyring_.insert({.org = org,
                             .version = version,
                             .platform_version = 0,
                             .blob = key.serialize(),
                             .created_at = clock_.now(),
                             .invocations = 1});  // the binding's
}

Task<Status> OrgKeys::create(OrgId org, KeyVersion version, store::KeyPlace place) {
  if (place.is_customers()) co_return co_await take_customers(org, version, std::move(place));
  for (int tries = 1;; ++tries) {
    auto wrapped = co_await hsm_.create_org_kek(platform_version_, envelope::org_kek_aad(org, version));
    if (!wrapped) {
      if (is_stale(wrapped.error()) && tries < kCreateTries) continue;
      co_return fail(std::move(wrapped).error());
    }
    auto kept = keyring_.insert({.org = org,
                                 .version = version,
                                 .platform_version = wrapped->platform_version,
                                 .blob = std::move(wrapped->blob),
                                 .created_at = clock_.now(),
                                 .invocations = 1});  // the binding's
    // The platform KEK was rotated between the two; the next try takes the new one.
    if (!kept && kept.error().field == "platform_version" && tries < kCreateTries) continue;
    co_return kept;
  }
}

Task<Result<std::vector<Result<hsm::WrappedDek>>>> OrgKeys::wrap(OrgId org, KeyVersion version,
                                                                 std::vector<hsm::DekToWrap> deks) {
  KAITO_CO_TRY(auto found, find(org, version));
  KAITO_CO_CHECK(count({org, version}, deks.size()));
  if (found.customer != nullptr) co_return co_await found.customer->wrap(org, std::move(found.kek), std::move(deks));
  auto wrapped = co_await hsm_.wrap_deks(found.kek, std::move(deks));
  if (!wrapped && is_stale(wrapped.error())) {
    KAITO_CO_CHECK(find_again(found.kek));
    co_return fail(used_too_early());
  }
  co_return wrapped;
}

Task<Result<std::vector<Result<Dek>>>> OrgKeys::unwrap(OrgId org, KeyVersion version,
                                                       std::vector<hsm::DekToUnwrap> deks, Seconds lease, KeyUse use) {
  const auto note = [&](const std::vector<Result<Dek>>& asked) {
    const auto opened =
        static_cast<std::uint64_t>(std::ranges::count_if(asked, [](const auto& dek) { return dek.has_value(); }));
    note_use(org, use, opened);
    note_use(org, KeyUse::refused, asked.size() - opened);
  };
  if (lease <= Seconds(0)) {
    auto asked = co_await ask(org, version, deks);
    if (asked) note(*asked);
    co_return asked;
  }
  const std::uint64_t purges = leases_.purges(org);
  std::vector<Result<Dek>> opened;
  opened.reserve(deks.size());
  std::vector<hsm::DekToUnwrap> wanted;
  std::vector<std::size_t> places;  // of wanted[i] in opened
  for (std::size_t i = 0; i < deks.size(); ++i) {
    if (auto kept = leases_.find(org, deks[i].wrapped.blob, deks[i].aad, lease)) {
      opened.emplace_back(*std::move(kept));
      continue;
    }
    opened.emplace_back(fail(Code::internal, "not unwrapped"));
    wanted.push_back(std::move(deks[i]));
    places.push_back(i);
  }
  note_use(org, KeyUse::code_by_lease, opened.size() - wanted.size());
  if (wanted.empty()) co_return opened;
  KAITO_CO_TRY(auto asked, co_await ask(org, version, wanted));
  note(asked);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (asked[i]) leases_.keep(org, wanted[i].wrapped.blob, wanted[i].aad, *asked[i], lease, purges);
    opened[places[i]] = std::move(asked[i]);
  }
  co_return opened;
}

Task<Result<Dek>> OrgKeys::unwrap_one(OrgId org, KeyVersion version, hsm::WrappedDek wrapped, Bytes aad, Seconds lease,
                                      KeyUse use) {
  const auto note = [&](const Result<Dek>& asked) {
    if (asked || asked.error().code == Code::integrity) note_use(org, asked ? use : KeyUse::refused, 1);
  };
  if (lease <= Seconds(0)) {
    auto asked = co_await ask(org, version, wrapped, aad);
    note(asked);
    co_return asked;
  }
  if (auto kept = leases_.find(org, wrapped.blob, aad, lease)) {
    note_use(org, KeyUse::code_by_lease, 1);
    co_return *std::move(kept);
  }
  const std::uint64_t purges = leases_.purges(org);
  auto opened = co_await ask(org, version, wrapped, aad);
  note(opened);
  if (opened) leases_.keep(org, wrapped.blob, aad, *opened, lease, purges);
  co_return opened;
}

Task<Result<std::vector<Result<Dek>>>> OrgKeys::ask(OrgId org, KeyVersion version,
                                                    const std::vector<hsm::DekToUnwrap>& deks) {
  KAITO_CO_TRY(auto found, find(org, version));
  if (found.customer != nullptr) co_return co_await found.customer->unwrap(org, std::move(found.kek), deks);
  auto opened = co_await hsm_.unwrap_deks(found.kek, deks);
  if (opened || !is_stale(opened.error())) co_return opened;
  KAITO_CO_TRY(auto present, find_again(found.kek));
  co_return co_await hsm_.unwrap_deks(std::move(present), deks);
}

Task<Result<Dek>> OrgKeys::ask(OrgId org, KeyVersion version, const hsm::WrappedDek& wrapped, const Bytes& aad) {
  KAITO_CO_TRY(auto found, find(org, version));
  if (found.customer != nullptr) co_return co_await found.customer->unwrap_one(org, std::move(found.kek), wrapped, aad);
  auto opened = co_await hsm_.unwrap_dek(found.kek, wrapped, aad);
  if (opened || !is_stale(opened.error())) co_return opened;
  KAITO_CO_TRY(auto present, find_again(found.kek));
  co_return co_await hsm_.unwrap_dek(std::move(present), wrapped, aad);
}

Result<Future<Result<std::vector<Result<hsm::WrappedDek>>>>> OrgKeys::rewrap(OrgId org, KeyVersion from, KeyVersion to,
                                                                             std::vector<hsm::DekToRewrap> deks) {
  KAITO_TRY(auto before, find(org, from));
  KAITO_TRY(auto after, find(org, to));
  KAITO_CHECK(count({org, to}, deks.size()));
  if (before.customer == nullptr && after.customer == nullptr)
    return hsm_.rewrap_deks(std::move(before.kek), std::move(after.kek), std::move(deks));
  if (before.customer == after.customer)
    return begin(before.customer->rewrap(org, std::move(before.kek), std::move(after.kek), std::move(deks)));
  return begin(move_deks(
      std::move(deks), [this, org, before](auto sealed) { return unwrap_at(org, before, std::move(sealed)); },
      [this, org, after](auto open) { return wrap_at(org, after, std::move(open)); }));
}

Task<Result<std::vector<Result<Dek>>>> OrgKeys::unwrap_at(OrgId org, const Found& key,
                                                          std::vector<hsm::DekToUnwrap> deks) {
  if (key.customer != nullptr) return key.customer->unwrap(org, key.kek, std::move(deks));
  return waited_for(hsm_.unwrap_deks(key.kek, std::move(deks)));
}

Task<Result<OrgKeys::Wrapped>> OrgKeys::wrap_at(OrgId org, const Found& key, std::vector<hsm::DekToWrap> deks) {
  if (key.customer != nullptr) return key.customer->wrap(org, key.kek, std::move(deks));
  return waited_for(hsm_.wrap_deks(key.kek, std::move(deks)));
}

Status OrgKeys::remove(const OrgId& org) {
  {
    const std::unique_lock lock(mutex_);
    std::erase_if(remembered_, [&org](const auto& entry) { return entry.first.org == org; });
    retired_below_.erase(org);
  }
  leases_.purge(org);
  return keyring_.remove(org);
}

Status OrgKeys::retire_below(const OrgId& org, KeyVersion version) {
  {
    const std::unique_lock lock(mutex_);
    std::erase_if(remembered_,
                  [&](const auto& entry) { return entry.first.org == org && entry.first.version < version; });
    retired_below_.insert_or_assign(org, version);
  }
  leases_.purge(org);
  return keyring_.remove_below(org, version);
}

Status OrgKeys::drop_from(const OrgId& org, KeyVersion version) {
  {
    const std::unique_lock lock(mutex_);
    std::erase_if(remembered_,
                  [&](const auto& entry) { return entry.first.org == org && entry.first.version >= version; });
  }
  return keyring_.remove_from(org, version);
}

Result<std::optional<store::KeyPlace>> OrgKeys::place_of(const OrgId& org, KeyVersion version) {
  KAITO_TRY(const auto entry, keyring_.find(org, version));
  if (!entry) return std::nullopt;
  if (entry->platform_version != 0) return store::KeyPlace{};
  KAITO_TRY(auto key, CustomerKey::parse(entry->blob));
  return store::KeyPlace{.hsm = std::move(key.hsm), .key = std::move(key.key)};
}

Result<store::KeyPlace> OrgKeys::next_place(const OrgId& org, KeyVersion version) {
  KAITO_TRY(auto present, place_of(org, version));
  if (!present || !present->is_customers()) return store::KeyPlace{};
  return store::KeyPlace{.hsm = std::move(present->hsm), .key = default_key_uri(org, version + 1), .make = true};
}

Status OrgKeys::adopt(std::span<const store::RewrappedEntry> entries) {
  KAITO_CHECK(keyring_.rewrap(entries));
  const std::unique_lock lock(mutex_);
  for (const auto& entry : entries) remembered_.erase({entry.before.org, entry.before.version});
  return {};
}

Result<OrgKeys::Found> OrgKeys::find(const OrgId& org, KeyVersion version) {
  const Name name{org, version};
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = remembered_.find(name); found != remembered_.end()) return found->second;
    if (const auto retired = retired_below_.find(org); retired != retired_below_.end() && version < retired->second)
      return fail(used_too_early());
  }
  // Under the lock, so that what adopt() has replaced meanwhile is not remembered.
  const std::unique_lock lock(mutex_);
  KAITO_TRY(Found found, read(org, version));
  if (remembered_.size() >= kMaxRemembered) remembered_.erase(remembered_.begin());
  remembered_.insert_or_assign(name, found);
  return found;
}

Result<OrgKeys::Found> OrgKeys::read(const OrgId& org, KeyVersion version) {
  KAITO_TRY(auto entry, keyring_.find(org, version));
  if (!entry)
    return fail(Code::integrity, fmt::format("the keyring has no KEK version {} of org {}", version, org.str()));
  hsm::OrgKek kek{.org = org,
                  .version = version,
                  .wrapped = {.platform_version = entry->platform_version, .blob = std::move(entry->blob)},
                  .aad = envelope::org_kek_aad(org, version)};
  Found found;
  if (kek.wrapped.platform_version == 0) {
    KAITO_TRY(auto key, CustomerKey::parse(kek.wrapped.blob));
    KAITO_TRY(found.customer, customers_.need(key.hsm));
    kek.aad = customer_key_aad(key.hsm, org, version);
    kek.wrapped.blob = std::move(key.blob);
  }
  found.kek = std::make_shared<const hsm::OrgKek>(std::move(kek));
  return found;
}

Result<hsm::OrgKekRef> OrgKeys::find_again(const hsm::OrgKekRef& stale) {
  {
    const std::unique_lock lock(mutex_);
    const auto found = remembered_.find({stale->org, stale->version});
    if (found != remembered_.end() && found->second.kek == stale) remembered_.erase(found);
  }
  KAITO_TRY(auto present, find(stale->org, stale->version));
  // Versions never change their place.
  return std::move(present.kek);
}

Status OrgKeys::count(const Name& name, std::uint64_t encryptions) {
  const std::lock_guard lock(counting_);
  auto& counted = invocations_[name];
  if (counted.used + encryptions > counted.reserved) {
    const std::uint64_t more = std::max(kInvocationBlock, encryptions);
    KAITO_TRY(const std::uint64_t before, keyring_.reserve(name.org, name.version, more));
    if (before + more > kMaxInvocations)
      return fail(Code::hsm_key_rejected, fmt::format("KEK version {} of org {} has been used {} times; rotate it",
                                                      name.version, name.org.str(), before));
    // What was left of the last block is given up: the blocks of one key need not follow each other.
    counted = {.used = before, .reserved = before + more};
  }
  counted.used += encryptions;
  return {};
}

}  // namespace kaito::keys
