#include "tests/integration/keys/key_test.hpp"

#include "appliance/audit/known_keys.hpp"
#include "appliance/audit/record.hpp"
#include "appliance/store/sqlite/sqlite_keyring.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"

namespace kaito::keys {
namespace {

constexpr std::string_view kOrigin = "kaito.local/test";

Seed secret_of(const std::string& name, std::size_t n) { return Seed::copy_of(fmt::format("{} {}", name, n)); }

}  // namespace

KeyTest::KeyTest() {
  hsm_ = must(hsm::Client::start(hsm_config_, system_clock_, logger_));
  must(hsm::test::wait_for(hsm_->create_platform_kek(1)));
  must(hsm::test::wait_for(hsm_->create_audit_key(1)));
  must(hsm::test::wait_for(hsm_->create_backup_key(1)));
  open_all();
  must(write([this](store::Writer& writer) -> Status {
    for (const auto kind : {store::KeyKind::platform, store::KeyKind::audit, store::KeyKind::backup})
      KAITO_CHECK(writer.put(store::HsmKey{.kind = kind, .version = 1, .created_at = clock_.now()}));
    KAITO_TRY(const auto key, audit::VerifierKey::make(std::string(kOrigin), signer_->present()->public_key()));
    return remember_key(writer, key);
  }));
}

KeyTest::~KeyTest() { close_all(); }

void KeyTest::open_all() {
  if (!hsm_) hsm_ = must(hsm::Client::start(hsm_config_, system_clock_, logger_));
  keyring_ = must(store::sqlite::open_keyring(path("keyring.db")));
  store_ = must(store::sqlite::open_store(path("kaito.db"), {}, logger_));
  journal_ = must(audit::Journal::open(*store_, std::string(kOrigin), clock_, logger_));
  const auto status = token_status();
  org_keys_ =
      std::make_unique<OrgKeys>(*hsm_, connections_, *keyring_, leases_,
                                std::ranges::max(status.platform_keks, {}, &hsm::PlatformKek::version).version, clock_);
  escrow_ = std::make_unique<Escrow>(*keyring_, std::vector{path("keyring.copy"), path("second.copy")});
  signer_ = std::make_unique<AuditSigner>(*hsm_, std::ranges::max(status.audit_keys, {}, &hsm::AuditKey::version));
  sealer_ = std::make_unique<vault::SeedSealer>(*org_keys_, clock_, random_);
  opener_ = std::make_unique<vault::SeedOpener>(*org_keys_);
}

void KeyTest::close_all() {
  opener_.reset();
  sealer_.reset();
  signer_.reset();
  escrow_.reset();
  org_keys_.reset();
  store_.reset();
  journal_.reset();
  keyring_.reset();
  hsm_.reset();
}

void KeyTest::restart() {
  close_all();
  open_all();
}

RotationParts KeyTest::parts() {
  return {*hsm_, *store_, *keyring_, *org_keys_, *escrow_, *signer_, *journal_, clock_, logger_};
}

Status KeyTest::write(store::Job job) {
  return hsm::test::wait_for(store_->write(std::move(job), store::JobKind::change));
}

std::unique_ptr<store::Reader> KeyTest::snapshot() { return must(store_->snapshot()); }
hsm::TokenStatus KeyTest::token_status() { return must(hsm::test::wait_for(hsm_->status())); }

std::vector<KeyVersion> KeyTest::platform_versions() {
  std::vector<KeyVersion> versions;
  for (const auto& kek : token_status().platform_keks) versions.push_back(kek.version);
  std::ranges::sort(versions);
  return versions;
}

store::Org KeyTest::add_org(const std::string& name) {
  store::Org row{.id = OrgId::make(clock_, random_), .name = name, .created_at = clock_.now(), .kek_version = 1};
  must(sync_wait(org_keys_->create(row.id, 1)));
  must(sync_wait(sealer_->make_index_key(row)));
  must(write([&](store::Writer& writer) { return writer.insert(row); }));
  return row;
}

std::vector<SeedId> KeyTest::add_seeds(const OrgId& id, const std::string& name, std::size_t count) {
  std::vector<vault::NewSeed> seeds;
  for (std::size_t n = 0; n < count; ++n)
    seeds.push_back({.issuer = name, .account = std::to_string(n), .secret = secret_of(name, n)});
  const auto rows = must(sync_wait(sealer_->seal(org(id), std::move(seeds))));
  std::vector<SeedId> ids;
  must(write([&](store::Writer& writer) -> Status {
    for (const auto& row : rows) KAITO_CHECK(writer.insert(row));
    return {};
  }));
  for (const auto& row : rows) ids.push_back(row.id);
  return ids;
}

void KeyTest::remove_org(const OrgId& id) {
  must(write([&](store::Writer& writer) { return writer.remove_org({.org = id, .deleted_at = clock_.now()}); }));
  must(org_keys_->remove(id));
}

store::Org KeyTest::org(const OrgId& id) { return must(snapshot()->org(id)).value(); }
store::Seed KeyTest::seed(const OrgId& org, const SeedId& id) { return must(snapshot()->seed(org, id)).value(); }

std::string KeyTest::open(const OrgId& org, const SeedId& id) {
  const auto row = seed(org, id);
  const auto opened = sync_wait(opener_->open(row));
  return opened ? std::string(as_text(opened->secret.expose_secret())) : opened.error().describe();
}

void KeyTest::expect_open(const OrgId& id, const std::string& name, const std::vector<SeedId>& seeds) {
  for (std::size_t n = 0; n < seeds.size(); ++n) EXPECT_EQ(open(id, seeds[n]), fmt::format("{} {}", name, n));
}

store::Rotation KeyTest::start(store::KeyKind kind, std::optional<OrgId> id, bool destroy_old) {
  store::Rotation started;
  must(write([&](store::Writer& writer) -> Status {
    KAITO_TRY(started, start_rotation(writer, {.kind = kind, .org = id, .destroy_old = destroy_old},
                                      RotationId::make(clock_, random_), clock_.now()));
    return {};
  }));
  return started;
}

store::Rotation KeyTest::row(const RotationId& id) { return must(snapshot()->rotation(id)).value(); }

store::Rotation KeyTest::run_to_end(const RotationId& id) {
  constexpr int kManySteps = 10'000;
  RotationRun run(parts(), row(id), 0);
  for (int step = 0; step < kManySteps && row(id).state == store::RotationState::running; ++step) sync_wait(run.step());
  return row(id);
}

void KeyTest::run_some(const RotationId& id, int steps) {
  RotationRun run(parts(), row(id), 0);
  for (int step = 0; step < steps; ++step) sync_wait(run.step());
}

std::vector<store::KeyCertificate> KeyTest::certificates(const RotationId& id) {
  return must(snapshot()->certificates_of(id));
}

audit::OpenedKeyCertificate KeyTest::opened(const store::KeyCertificate& certificate) {
  return must(audit::open_key_certificate(certificate.note, must(audit::known_keys(*snapshot()))));
}

std::size_t KeyTest::recorded(std::string_view action) {
  const auto rows = must(snapshot()->audit_rows({.limit = 10'000}));
  return static_cast<std::size_t>(std::ranges::count_if(rows, [action](const store::AuditRow& row) {
    return row.record.find(fmt::format("\"action\":\"{}\"", action)) != std::string::npos;
  }));
}

}  // namespace kaito::keys
