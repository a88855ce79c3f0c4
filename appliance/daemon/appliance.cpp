#include "appliance/daemon/appliance.hpp"

#include <mutex>
#include <optional>
#include <thread>

#include "appliance/api/application.hpp"
#include "appliance/api/services.hpp"
#include "appliance/audit/row_guard.hpp"
#include "appliance/base/file.hpp"
#include "appliance/daemon/housekeeper.hpp"
#include "appliance/daemon/hsm_alarm.hpp"
#include "appliance/daemon/hsm_connection_files.hpp"
#include "appliance/daemon/hsm_key_rows.hpp"
#include "appliance/daemon/hsm_parts.hpp"
#include "appliance/daemon/identity.hpp"
#include "appliance/daemon/listening_socket.hpp"
#include "appliance/daemon/metrics.hpp"
#include "appliance/daemon/monitor.hpp"
#include "appliance/daemon/service_parts.hpp"
#include "appliance/daemon/time_alarm.hpp"
#include "appliance/http/listener.hpp"
#include "appliance/keys/row_key.hpp"
#include "appliance/store/sqlite/sqlite_keyring.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"
#include "appliance/timekeeping/kernel_time_source.hpp"

namespace kaito::daemon {
namespace {

constexpr unsigned kMaxDefaultIoThreads = 8;
constexpr Milliseconds kCanaryInterval{1000};
constexpr Milliseconds kTimeInterval{1000};
constexpr Milliseconds kSweepInterval{600'000};
constexpr Milliseconds kPurgeInterval{1000};
constexpr Milliseconds kEscrowInterval{2000};
constexpr Milliseconds kLeaseSweepInterval{1000};
constexpr Milliseconds kKeyUseInterval{10'000};
constexpr Milliseconds kConnectionInterval{1000};
constexpr Milliseconds kCertificateInterval{24 * 3600 * 1000};

unsigned io_threads(const Config& config) {
  if (config.io_threads > 0) return config.io_threads;
  return std::clamp(std::thread::hardware_concurrency(), 1U, kMaxDefaultIoThreads);
}

timekeeping::TimeLimits time_limits(const Config& config) {
  timekeeping::TimeLimits limits{.max_uncertainty = {}, .max_jump = Milliseconds(config.max_time_jump_ms)};
  if (config.max_time_uncertainty_ms > 0) limits.max_uncertainty = Milliseconds(config.max_time_uncertainty_ms);
  return limits;
}

std::vector<std::filesystem::path> escrow_copies(const Config& config, const DataDirectory& data) {
  std::vector<std::filesystem::path> copies{data.keyring_copy()};
  for (const auto& directory : config.escrow) copies.push_back(directory / "kaito-keyring.copy");
  return copies;
}

Result<std::vector<http::IpNetwork>> trusted_proxies(const Config& config) {
  std::vector<http::IpNetwork> networks;
  for (const auto& text : config.trusted_proxies) {
    KAITO_TRY(const auto network, http::IpNetwork::parse(text));
    networks.push_back(network);
  }
  return networks;
}

}  // namespace

struct Appliance::Parts {
  Parts(Config settings, const Clock& the_clock, Random& the_random, Logger& the_log)
      : config(std::move(settings)),
        data(config.data_dir),
        clock(the_clock),
        random(the_random),
        log(the_log),
        time(time_source, time_limits(config)) {}

  Status open();
  Status open_storage();
  Status open_hsm();
  Status open_listener(ListeningSocket listening, const std::vector<std::string>& origins);
  Status open_metrics();
  Status publish_setup_token();
  std::vector<Chore> chores();
  Task<void> sign_checkpoint();
  void load_identity();
  void load_hsm_connections();

  Config config;
  DataDirectory data;
  const Clock& clock;
  Random& random;
  Logger& log;
  timekeeping::KernelTimeSource time_source;
  timekeeping::TimeWatch time;

  UniqueFd lock;
  std::unique_ptr<hsm::Client> hsm;
  std::optional<HsmKeys> keys;
  std::unique_ptr<store::Keyring> keyring;
  // The journal outlives the store, whose last jobs still run through it; so it is declared before.
  std::unique_ptr<audit::Journal> journal;
  const std::shared_ptr<store::RowSeal> row_seal = std::make_shared<store::RowSeal>();
  std::unique_ptr<store::Store> store;
  std::unique_ptr<auth::PasswordHasher> hasher;
  std::optional<ServiceParts> services;
  std::optional<audit::RowGuard> rows;
  std::optional<Monitor> monitor;
  std::optional<HsmAlarm> hsm_alarm;
  std::optional<api::Services> api_services;
  std::optional<api::Application> application;
  std::unique_ptr<http::Listener> listener;
  std::unique_ptr<MetricsListener> metrics;
  std::optional<Housekeeper> housekeeper;
  std::mutex identity_mutex;  // a signal and the housekeeper may load at once
  std::uint16_t port = 0;
  Token setup_token;
};

Status Appliance::Parts::open() {
  // Said here, or the worker would complain of a PIN file that is missing.
  std::error_code ignored;
  if (config.token_uri.empty() && !std::filesystem::exists(data.user_pin(), ignored))
    return fail(Code::configuration, data.root().string() + " is not set up; run kaitod setup");
  KAITO_CHECK(data.create());
  KAITO_TRY(lock, lock_data_directory(data));
  KAITO_TRY(auto listening, listening_socket(config.address, config.port));
  port = listening.port;
  const auto origins = web_origins(config, port);
  KAITO_CHECK(session_policy(config).check());
  if (!time.uncertainty())
    log.warning("time.unsynchronised", {{"advice", "give the machine time sources: chrony with rtcsync"}});
  KAITO_TRY(auto party, staff_relying_party(config, origins));
  if (party.policy.attestation == webauthn::Attestation::any)
    log.warning("staff.keys.unattested", {{"advice", "set staff-attestation-roots to refuse software keys"}});

  KAITO_CHECK(open_hsm());
  KAITO_CHECK(open_storage());
  KAITO_TRY(hasher, auth::PasswordHasher::open({.threads = config.password_threads}, random));
  services.emplace(*store, *keyring, *journal, *hsm, *keys, config, escrow_copies(config, data), std::move(party),
                   *hasher, clock, time, random, log);
  KAITO_TRY(auto row_key, sync_wait(keys::open_row_key(*store, *keyring, services->org_keys, random)));
  row_seal->set_key(std::move(row_key));
  rows.emplace(*store, *journal, clock, random, log,
               config.serve_altered_rows ? audit::OnAlteredRows::serve : audit::OnAlteredRows::lock);
  KAITO_CHECK(rows->open());
  load_hsm_connections();
  KAITO_CHECK(services->orgs.drop_orphans(*keyring));
  // The first period begins before the first request. A full volume, which takes no change, must not stop the start.
  if (const auto begun = sync_wait(services->key_uses.write_down()); !begun)
    log.warning("keys.uses.not_written", {{"error", begun.error()}});
  monitor.emplace(*store, *hsm, services->leases, *rows, clock);
  hsm_alarm.emplace(*journal, clock, random);
  KAITO_CHECK(publish_setup_token());
  KAITO_CHECK(open_listener(std::move(listening), origins));
  return open_metrics();
}

Status Appliance::Parts::open_hsm() {
  KAITO_TRY(const auto settings, hsm_config(config, data));
  KAITO_TRY(hsm, hsm::Client::start(settings, clock, log));
  KAITO_TRY(keys, sync_wait(find_keys(*hsm, /*make_missing=*/false)));
  return {};
}

Status Appliance::Parts::open_storage() {
  KAITO_TRY(keyring, store::sqlite::open_keyring(data.keyring()));
  KAITO_TRY(store, store::sqlite::open_store(data.database(), {.seal = row_seal}, log));
  KAITO_TRY(const std::string id, appliance_id(*store));
  KAITO_TRY(journal, audit::Journal::open(*store, "kaito.local/" + id, clock, log));
  KAITO_CHECK(sync_wait(note_hsm_keys(*store, *keys, journal->origin(), clock)));
  return {};
}

// The token is shown where the operator set the appliance up, and nowhere else.
Status Appliance::Parts::publish_setup_token() {
  KAITO_TRY(auto token, sync_wait(services->staff_enrolment.issue_setup_token()));
  std::error_code ignored;
  if (!token) {
    std::filesystem::remove(data.setup_token(), ignored);
    return {};
  }
  setup_token = *std::move(token);
  Token line(setup_token.size() + 1);
  std::ranges::copy(std::as_const(setup_token).expose_secret(), line.expose_secret().begin());
  line.expose_secret().back() = '\n';
  return write_file_atomically(data.setup_token(), std::as_const(line).expose_secret());
}

Status Appliance::Parts::open_listener(ListeningSocket listening, const std::vector<std::string>& origins) {
  api_services.emplace(api::Services{.store = *store,
                                     .journal = *journal,
                                     .status = *monitor,
                                     .rate_limiter = services->rate_limiter,
                                     .requests = services->requests,
                                     .authenticator = services->authenticator,
                                     .sessions = services->sessions,
                                     .api_keys = services->api_keys,
                                     .member_login = services->member_login,
                                     .member_password = services->member_password,
                                     .staff_enrolment = services->staff_enrolment,
                                     .staff_login = services->staff_login,
                                     .staff_registry = services->staff_registry,
                                     .approvals = services->approvals,
                                     .rotations = services->rotations,
                                     .wrapping_keys = services->wrapping_keys,
                                     .key_import = services->key_import,
                                     .reconciler = services->reconciler,
                                     .customer_hsms = services->customer_hsms,
                                     .orgs = services->orgs,
                                     .directory = services->directory,
                                     .seeds = services->seeds,
                                     .codes = services->codes,
                                     .imports = services->imports,
                                     .long_work = services->export_pool,
                                     .clock = clock,
                                     .time = time,
                                     .log = log,
                                     .origins = origins});
  application.emplace(*api_services);
  KAITO_TRY(auto identity, load_tls_identity(config, data, clock, random));
  http::ListenerConfig front{.inherited_socket = std::move(listening.socket), .threads = io_threads(config)};
  KAITO_TRY(front.trusted_proxies, trusted_proxies(config));
  KAITO_TRY(listener, http::Listener::open(std::move(front), std::move(identity), *application, log, clock, random));
  return {};
}

Status Appliance::Parts::open_metrics() {
  if (config.metrics_address.empty()) return {};
  KAITO_TRY(metrics, MetricsListener::open(config.metrics_address, {.monitor = *monitor,
                                                                    .store = *store,
                                                                    .journal = *journal,
                                                                    .hsm = *hsm,
                                                                    .listener = *listener,
                                                                    .requests = services->requests,
                                                                    .rotations = services->rotations,
                                                                    .customers_hsms = services->connections,
                                                                    .time = time}));
  log.info("metrics.serving", {{"port", metrics->port()}});
  return {};
}

// The checkpoint covers what the log says of the rows.
Task<void> Appliance::Parts::sign_checkpoint() {
  co_await rows->anchor();
  const auto signer = services->signer.present();
  const auto checkpoint = co_await journal->checkpoint(*signer);
  if (!checkpoint) log.error("audit.checkpoint.failed", {{"error", checkpoint.error()}});
}

// What lies in the files now; the own CA's certificate is made anew when its end is near.
void Appliance::Parts::load_identity() {
  const std::lock_guard loading(identity_mutex);
  auto identity = load_tls_identity(config, data, clock, random);
  if (!identity) {
    log.error("tls.reload.failed", {{"error", identity.error()}});
    return;
  }
  listener->reload(*std::move(identity));
  log.info("tls.reloaded");
}

// What cannot be read does not take an HSM from its org: what was configured before stays.
void Appliance::Parts::load_hsm_connections() {
  auto files = read_hsm_connections(config, log);
  if (files)
    services->connections.configure(std::move(files->right), files->wrong);
  else
    log.error("keys.hsm.unreadable", {{"error", files.error()}});
}

std::vector<Chore> Appliance::Parts::chores() {
  return {
      {Milliseconds{config.checkpoint_seconds * 1000LL}, [this] { return sign_checkpoint(); }},
      {kCanaryInterval, [this]() -> Task<void> { co_await monitor->ask_canary(); }},
      {kTimeInterval, [this] { return look_at_time(time, *journal, clock, random, log); }},
      {kLeaseSweepInterval,
       [this]() -> Task<void> {
         services->leases.sweep();
         co_return;
       }},
      {kKeyUseInterval,
       [this]() -> Task<void> {
         if (const auto written = co_await services->key_uses.write_down(); !written)
           log.warning("keys.uses.not_written", {{"error", written.error()}});
       }},
      {kConnectionInterval,
       [this]() -> Task<void> {
         services->connections.look_after();
         co_await hsm_alarm->look(hsm->state(), services->connections.report());
       }},
      {kCertificateInterval,
       [this]() -> Task<void> {
         load_identity();
         co_return;
       }},
      {kEscrowInterval,
       [this]() -> Task<void> {
         if (const auto copied = services->escrow.refresh(); !copied)
           log.warning("keys.escrow.failed", {{"error", copied.error()}});
         co_return;
       }},
      {kPurgeInterval,
       [this]() -> Task<void> {
         if (const auto purged = co_await services->org_purge.step(); !purged)
           log.warning("vault.org.purge_failed", {{"error", purged.error()}});
       }},
      {kSweepInterval,
       [this]() -> Task<void> {
         if (const auto swept = co_await services->sessions.sweep(); !swept)
           log.warning("auth.sessions.sweep_failed", {{"error", swept.error()}});
       }},
  };
}

Appliance::Appliance(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Appliance::~Appliance() { stop(); }

Result<std::unique_ptr<Appliance>> Appliance::open(const Config& config, const Clock& clock, Random& random,
                                                   Logger& log) {
  auto parts = std::make_unique<Parts>(config, clock, random, log);
  KAITO_CHECK(parts->open());
  return std::unique_ptr<Appliance>(new Appliance(std::move(parts)));
}

void Appliance::start() {
  parts_->listener->start();
  parts_->services->engine.start();
  parts_->rows->start();
  parts_->housekeeper.emplace(parts_->chores());
  parts_->log.info("appliance.serving", {{"port", parts_->port}, {"version", program_version()}});
}

void Appliance::reload() {
  parts_->load_identity();
  parts_->load_hsm_connections();
  parts_->rows->verify_again();
}

void Appliance::stop() {
  if (!parts_->listener) return;
  parts_->metrics.reset();
  parts_->listener->drain(std::chrono::seconds(parts_->config.drain_seconds));
  parts_->services->connections.stop();
  parts_->services->engine.stop();
  parts_->housekeeper.reset();
  parts_->listener.reset();
  if (const auto closed = sync_wait(parts_->services->key_uses.close()); !closed)
    parts_->log.warning("keys.uses.not_written", {{"error", closed.error()}});
  sync_wait(parts_->sign_checkpoint());
  parts_->log.info("appliance.stopped");
}

std::uint16_t Appliance::port() const noexcept { return parts_->port; }
const Token& Appliance::setup_token_notice() const noexcept { return parts_->setup_token; }

}  // namespace kaito::daemon
