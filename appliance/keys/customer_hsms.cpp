#include "appliance/keys/customer_hsms.hpp"

#include <algorithm>

#include "appliance/keys/customer_key.hpp"

namespace kaito::keys {
namespace {

Error key_conflict(std::string reason) {
  return Error{.code = Code::conflict, .field = "key", .reason = std::move(reason)};
}

// What the worker says of a key names the key and its attributes, and nothing else: the owner may read it.
Error about_the_key(const Error& error) {
  if (error.code != Code::customer_key_disabled && error.code != Code::invalid_request) return error;
  return Error{
      .code = Code::invalid_request, .detail = error.detail, .field = "key", .reason = "was refused: " + error.detail};
}

}  // namespace

Result<KeyVersion> CustomerHsms::newest_version(const OrgId& org) {
  KAITO_TRY(const auto snapshot, store_.snapshot());
  KAITO_TRY(const auto row, snapshot->org(org));
  if (!row) return fail(Code::not_found, "no such org");
  return row->kek_version;
}

// Before anything is begun: does the HSM answer, and is the key as it must be? One that is to be made may be missing.
Task<Status> CustomerHsms::look_at(const OrgId& org, HsmConnection& connection, const store::KeyPlace& place,
                                   KeyVersion version) {
  const auto seen = co_await connection.adopt(org, place.key, false, customer_key_aad(place.hsm, org, version));
  if (seen || (place.make && seen.error().code == Code::customer_key_disabled)) co_return Status{};
  co_return fail(about_the_key(seen.error()));
}

Task<Result<auth::Recorded<RotationProgress>>> CustomerHsms::connect(const auth::Permit& permit, HsmToConnect wanted) {
  if (!permit.org()) co_return fail(Code::internal, "the permit names no org");
  const OrgId org = *permit.org();
  HsmConnection* connection = connections_.find(wanted.hsm);
  if (connection == nullptr || !connection->may_use(org)) co_return fail_invalid("hsm", "is not open to this org");
  KAITO_CO_TRY(const KeyVersion newest, newest_version(org));
  store::KeyPlace place{.hsm = wanted.hsm,
                        .key = wanted.key.value_or(default_key_uri(org, newest + 1)),
                        .make = wanted.make || !wanted.key};
  KAITO_CO_CHECK(check_key_uri(place.key));
  KAITO_CO_TRY(const auto present, org_keys_.place_of(org, newest));
  if (present && present->hsm == place.hsm && present->key == place.key)
    co_return fail(key_conflict("is the org's key already"));
  KAITO_CO_CHECK(co_await look_at(org, *connection, place, newest + 1));
  co_return co_await rotations_.move_org_key(permit, std::move(place), newest, wanted.destroy_old);
}

Task<Result<auth::Recorded<RotationProgress>>> CustomerHsms::disconnect(const auth::Permit& permit,
                                                                        std::optional<bool> destroy_old) {
  if (!permit.org()) co_return fail(Code::internal, "the permit names no org");
  KAITO_CO_TRY(const KeyVersion newest, newest_version(*permit.org()));
  KAITO_CO_TRY(const auto present, org_keys_.place_of(*permit.org(), newest));
  if (!present || !present->is_customers()) co_return fail(key_conflict("is in the appliance's HSM already"));
  co_return co_await rotations_.move_org_key(permit, {}, newest, destroy_old);
}

Task<Result<auth::Recorded<std::vector<HsmConnectionReport>>>> CustomerHsms::list(const auth::Permit& permit) {
  auto reports = connections_.report();
  if (permit.org())
    std::erase_if(reports, [&](const HsmConnectionReport& report) {
      return report.state == HsmConnectionState::removed ||
             std::ranges::find(report.orgs, *permit.org()) == report.orgs.end();
    });
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(permit.event()));
  co_return auth::Recorded<std::vector<HsmConnectionReport>>{std::move(reports), std::move(receipt)};
}

std::optional<HsmConnectionReport> CustomerHsms::report(std::string_view hsm) const {
  const HsmConnection* connection = connections_.find(hsm);
  if (connection == nullptr) return std::nullopt;
  return connection->report();
}

}  // namespace kaito::keys
