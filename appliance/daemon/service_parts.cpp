#include "appliance/daemon/service_parts.hpp"

#include <algorithm>

namespace kaito::daemon {
namespace {

constexpr std::size_t kImportQueue = 8;
constexpr std::size_t kExportQueue = 4;
constexpr std::size_t kLeases = 65'536;  // 2 MiB of locked memory

auth::RateLimits scaled_limits(double scale) {
  auth::RateLimits limits = auth::kDefaultRateLimits;
  for (auto& limit : limits) {
    limit.per_second *= scale;
    limit.burst = std::max(1.0, limit.burst * scale);
  }
  return limits;
}

keys::EngineSettings engine_settings(const Config& config) {
  return {.items_per_second = config.rotation_rate,
          .schedule = {.max_age = std::chrono::days(config.key_max_age_days),
                       .max_invocations = config.key_max_wraps,
                       .shred_delay = Seconds(config.shred_delay_seconds),
                       .destroy_old = config.destroy_old_keys}};
}

}  // namespace

auth::SessionPolicy session_policy(const Config& config) {
  return {.idle = std::chrono::minutes(config.session_idle_minutes),
          .absolute = std::chrono::hours(config.session_absolute_hours)};
}

ServiceParts::ServiceParts(store::Store& store, store::Keyring& keyring, audit::Journal& journal, hsm::Client& hsm,
                           const HsmKeys& keys, const Config& config, std::vector<std::filesystem::path> escrow_paths,
                           auth::StaffRelyingParty party, auth::PasswordHasher& hasher, const Clock& clock,
                           const timekeeping::TimeWatch& time, Random& random, Logger& log)
    : rate_limiter(scaled_limits(config.rate_scale), clock, random),
      requests(api::endpoint_table()),
      sessions(store, journal, clock, random, session_policy(config)),
      api_keys(store, journal, clock, random),
      authenticator(store, sessions, api_keys),
      member_login(store, journal, hasher, sessions, clock),
      member_password(store, journal, hasher, sessions, clock),
      ceremonies(clock, random),
      staff_enrolment(store, journal, ceremonies, clock, random, party),
      staff_login(store, journal, ceremonies, sessions, party),
      staff_registry(journal, clock, random, config.officers_needed),
      approvals(store, journal, std::move(party), clock, random, config.officers_needed),
      leases(clock, kLeases),
      key_uses(store, clock),
      connections(clock, log),
      org_keys(hsm, connections, keyring, leases, keys.platform_version, clock),
      escrow(keyring, std::move(escrow_paths)),
      signer(hsm, keys.audit_keys.back()),
      engine({hsm, store, keyring, org_keys, escrow, signer, journal, clock, log}, random, engine_settings(config)),
      rotations({hsm, store, keyring, org_keys, escrow, signer, journal, clock, log}, engine, random,
                config.destroy_old_keys),
      wrapping_keys(hsm, store, journal, signer, clock),
      key_import({hsm, store, keyring, org_keys, escrow, signer, journal, clock, log}, engine, random,
                 config.destroy_old_keys),
      customer_hsms(connections, org_keys, store, journal, rotations),
      sealer(org_keys, clock, random),
      opener(org_keys),
      orgs(store, journal, org_keys, sealer, clock, random, log),
      org_purge(store, log),
      directory(store, journal, clock, random),
      seeds(store, journal, sealer, opener),
      codes(store, journal, opener, clock, time, Seconds(config.dek_lease_seconds)),
      import_pool(1, kImportQueue),
      export_pool(1, kExportQueue),
      reconciler(store, journal, key_uses, export_pool, clock),
      imports(store, journal, sealer, import_pool) {
  org_keys.count_in(key_uses);
}

}  // namespace kaito::daemon
