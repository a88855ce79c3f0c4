#include "appliance/daemon/row_acceptance.hpp"

#include "appliance/audit/row_guard.hpp"
#include "appliance/daemon/data_directory.hpp"
#include "appliance/daemon/hsm_parts.hpp"
#include "appliance/daemon/identity.hpp"
#include "appliance/keys/row_key.hpp"
#include "appliance/store/sqlite/sqlite_keyring.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"

namespace kaito::daemon {

Result<std::vector<std::string>> accept_rows(const Config& config, const Clock& clock, Random& random, Logger& log) {
  const DataDirectory data(config.data_dir);
  KAITO_TRY(const auto lock, lock_data_directory(data));
  KAITO_TRY(const auto settings, hsm_config(config, data));
  KAITO_TRY(const auto hsm, hsm::Client::start(settings, clock, log));
  KAITO_TRY(const auto hsm_keys, sync_wait(find_keys(*hsm, /*make_missing=*/false)));
  KAITO_TRY(const auto keyring, store::sqlite::open_keyring(data.keyring()));
  std::unique_ptr<audit::Journal> journal;  // outlives the store, whose last jobs run through it
  const auto seal = std::make_shared<store::RowSeal>();
  KAITO_TRY(const auto store, store::sqlite::open_store(data.database(), {.seal = seal}, log));
  KAITO_TRY(const std::string id, appliance_id(*store));
  KAITO_TRY(journal, audit::Journal::open(*store, "kaito.local/" + id, clock, log));

  keys::DekLeases leases(clock, 1);
  keys::HsmConnections connections(clock, log);
  keys::OrgKeys org_keys(*hsm, connections, *keyring, leases, hsm_keys.platform_version, clock);
  KAITO_TRY(auto row_key, sync_wait(keys::open_row_key(*store, *keyring, org_keys, random)));
  seal->set_key(std::move(row_key));

  audit::RowGuard rows(*store, *journal, clock, random, log, audit::OnAlteredRows::lock);
  KAITO_CHECK(rows.open());
  KAITO_TRY(auto report, rows.verify({}));
  if (!report.altered.empty()) KAITO_CHECK(sync_wait(rows.accept()));
  return std::move(report.altered);
}

}  // namespace kaito::daemon
