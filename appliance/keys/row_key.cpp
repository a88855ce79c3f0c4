#include "appliance/keys/row_key.hpp"

namespace kaito::keys {
namespace {

constexpr std::string_view kMetaKey = "rows.key";
constexpr KeyVersion kVersion = 1;

Bytes wrap_aad() {
  const ByteView purpose = as_bytes("kaito/row-key/v1");
  return {purpose.begin(), purpose.end()};
}

struct Kept {
  std::optional<Bytes> wrapped;
  bool holds_people = false;
};

Result<Kept> look(store::Store& store) {
  KAITO_TRY(const auto snapshot, store.snapshot());
  KAITO_TRY(auto wrapped, snapshot->meta(kMetaKey));
  KAITO_TRY(const auto orgs, snapshot->orgs({.limit = 1}));
  KAITO_TRY(const auto staff, snapshot->all_staff());
  return Kept{std::move(wrapped), !orgs.rows.empty() || !staff.empty()};
}

Task<Result<store::RowKey>> open_key(OrgKeys& keys, Bytes wrapped) {
  auto opened = co_await keys.unwrap_one(row_key_owner(), kVersion, {.blob = std::move(wrapped)}, wrap_aad(),
                                         Seconds(0), KeyUse::change);
  // No such org KEK, or no such platform KEK any more.
  if (!opened && opened.error().code == Code::not_found)
    co_return fail(Code::integrity,
                   "the keyring does not open the key that seals the database's rows: it is another's, or older than a "
                   "shredding; put the present one in its place, or its escrow copy");
  if (!opened) co_return fail(std::move(opened).error().within("the key that seals the database's rows"));
  co_return store::RowKey::copy_of(std::as_const(*opened).expose_secret());
}

Task<Result<Bytes>> make_key(store::Keyring& keyring, OrgKeys& keys, Random& random) {
  KAITO_CO_TRY(const auto kek, keyring.find(row_key_owner(), kVersion));
  // There is one already when an earlier start ended here.
  if (!kek) KAITO_CO_CHECK(co_await keys.create(row_key_owner(), kVersion));
  std::vector<hsm::DekToWrap> list;
  list.push_back({.dek = Dek::random(store::kRowKeyBytes, random), .aad = wrap_aad()});
  KAITO_CO_TRY(auto wrapped, co_await keys.wrap(row_key_owner(), kVersion, std::move(list)));
  KAITO_CO_TRY(hsm::WrappedDek key, std::move(wrapped.front()));
  co_return std::move(key.blob);
}

}  // namespace

// "kaito rows" and zeros: no UUIDv7.
OrgId row_key_owner() noexcept { return OrgId(UuidBytes{'k', 'a', 'i', 't', 'o', ' ', 'r', 'o', 'w', 's'}); }

Task<Result<store::RowKey>> open_row_key(store::Store& store, store::Keyring& keyring, OrgKeys& keys, Random& random) {
  KAITO_CO_TRY(Kept kept, look(store));
  if (!kept.wrapped) {
    if (kept.holds_people)
      co_return fail(Code::integrity,
                     "the database has people or orgs, but no key that seals their rows: it was edited, or is of a "
                     "version that sealed none; restore it from a backup");
    KAITO_CO_TRY(kept.wrapped, co_await make_key(keyring, keys, random));
    store::Job job = [blob = *kept.wrapped](store::Writer& writer) { return writer.put_meta(kMetaKey, blob); };
    KAITO_CO_CHECK(co_await store.write(std::move(job), store::JobKind::change));
  }
  co_return co_await open_key(keys, *std::move(kept.wrapped));
}

}  // namespace kaito::keys
