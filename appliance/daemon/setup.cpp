#include "appliance/daemon/setup.hpp"

#include "appliance/daemon/data_directory.hpp"
#include "appliance/daemon/hsm_parts.hpp"
#include "appliance/daemon/identity.hpp"
#include "appliance/store/sqlite/sqlite_keyring.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"

namespace kaito::daemon {

Status set_up(const Config& config, const Clock& clock, Random& random, Logger& log) {
  const DataDirectory data(config.data_dir);
  KAITO_CHECK(data.create());
  KAITO_TRY(const auto lock, lock_data_directory(data));
  KAITO_TRY(auto usual, hsm_config(config, data));
  const auto hsm_settings = patient(std::move(usual));
  KAITO_CHECK(set_up_embedded_token(config, data, hsm_settings));
  KAITO_TRY(const auto hsm, hsm::Client::start(hsm_settings, clock, log));
  KAITO_TRY(const auto keys, sync_wait(find_keys(*hsm, /*make_missing=*/true)));
  KAITO_TRY(const auto store, store::sqlite::open_store(data.database(), {}, log));
  KAITO_TRY(const auto keyring, store::sqlite::open_keyring(data.keyring()));
  KAITO_TRY(const std::string appliance, sync_wait(make_appliance_id(*store, clock, random)));
  if (config.tls_chain.empty()) KAITO_CHECK(load_tls_identity(config, data, clock, random));
  log.info("setup.done", {{"appliance", appliance}, {"platform_kek", keys.platform_version}});
  return {};
}

}  // namespace kaito::daemon
