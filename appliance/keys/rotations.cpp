#include "appliance/keys/rotations.hpp"

#include <algorithm>

namespace kaito::keys {
namespace {

using store::RotationPhase;
using store::RotationState;

audit::Target rotation_target(const RotationId& id) { return {.kind = "rotation", .id = id.str()}; }

Error state_conflict(std::string reason) {
  return Error{.code = Code::conflict, .field = "state", .reason = std::move(reason)};
}

// Another org's rotation does not exist for the permit.
Result<store::Rotation> reachable(store::Reader& reader, const auth::Permit& permit, const RotationId& id) {
  KAITO_TRY(auto rotation, reader.rotation(id));
  if (!rotation || (permit.org() && rotation->org != permit.org())) return fail(Code::not_found, "no such rotation");
  return *std::move(rotation);
}

bool has(const std::vector<store::KeyCertificate>& certificates, store::CertificateKind kind) {
  return std::ranges::any_of(
      certificates, [kind](const auto& certificate) { return certificate.kind == kind && !certificate.note.empty(); });
}

}  // namespace

RotationProgress Rotations::progress_of(store::Rotation rotation) const {
  RotationProgress progress{.rotation = std::move(rotation), .rate = {}, .eta = {}};
  const auto& row = progress.rotation;
  if (row.state != RotationState::running || row.phase != RotationPhase::rewrap) return progress;
  progress.rate = engine_.rate(row.id);
  if (progress.rate && row.total > row.done)
    progress.eta = Seconds(static_cast<std::int64_t>(static_cast<double>(row.total - row.done) / *progress.rate) + 1);
  return progress;
}

Task<Result<auth::Recorded<RotationProgress>>> Rotations::start(const auth::Permit& permit, store::KeyKind kind,
                                                                std::optional<bool> destroy_old) {
  if (permit.org().has_value() != (kind == store::KeyKind::org))
    co_return fail_invalid("kind", "must be a key of the appliance; an org's key is rotated below its org");
  if (kind == store::KeyKind::wrapping)
    co_return fail_invalid("kind", "must not be wrapping: its next version is made below /v1/keys/wrapping-keys");
  RotationRequest request{.kind = kind, .org = {}, .destroy_old = destroy_old.value_or(destroy_old_by_default_)};
  if (permit.org()) {
    KAITO_CO_TRY(request, in_same_place(*permit.org(), request.destroy_old));
  }
  co_return co_await begin(permit, std::move(request), false);
}

Result<RotationRequest> Rotations::in_same_place(const OrgId& org, bool destroy_old) {
  KAITO_TRY(const auto snapshot, parts_.store.snapshot());
  KAITO_TRY(const auto row, snapshot->org(org));
  if (!row) return fail(Code::not_found, "no such org");
  KAITO_TRY(auto place, parts_.org_keys.next_place(org, row->kek_version));
  return RotationRequest{.kind = store::KeyKind::org,
                         .org = org,
                         .destroy_old = destroy_old,
                         .place = std::move(place),
                         .from = row->kek_version};
}

Task<Result<auth::Recorded<RotationProgress>>> Rotations::move_org_key(const auth::Permit& permit,
                                                                       store::KeyPlace place, KeyVersion from,
                                                                       std::optional<bool> destroy_old) {
  co_return co_await begin(permit,
                           {.kind = store::KeyKind::org,
                            .org = permit.org(),
                            .destroy_old = destroy_old.value_or(destroy_old_by_default_),
                            .place = std::move(place),
                            .from = from},
                           false);
}

Task<Result<auth::Recorded<RotationProgress>>> Rotations::shred_now(const auth::Permit& permit) {
  co_return co_await begin(permit, {.kind = store::KeyKind::platform, .org = {}, .destroy_old = true}, true);
}

Task<Result<auth::Recorded<RotationProgress>>> Rotations::begin(const auth::Permit& permit, RotationRequest request,
                                                                bool only_with_deletions) {
  const auto id = RotationId::make(parts_.clock, random_);
  store::Rotation started;
  auto change = [&](store::Writer& writer, audit::Event& event) -> Status {
    if (only_with_deletions) {
      KAITO_TRY(const auto deletion, writer.oldest_unclaimed_deletion());
      if (!deletion) return fail(state_conflict("has no deleted org that waits to be shredded"));
    }
    KAITO_TRY(started, start_rotation(writer, request, id, parts_.clock.now()));
    event.targets.push_back(rotation_target(id));
    event.details.push_back({.key = "key", .value = std::string(audit::key_name(started.kind))});
    event.details.push_back({.key = "version", .value = std::to_string(started.to)});
    event.details.push_back({.key = "destroy_old", .value = started.destroy_old ? "true" : "false"});
    if (started.place.is_customers()) event.details.push_back({.key = "hsm", .value = started.place.hsm});
    return {};
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await parts_.journal.commit(permit.event(), std::move(change)));
  engine_.wake();
  co_return auth::Recorded<RotationProgress>{progress_of(std::move(started)), std::move(receipt)};
}

Task<Result<auth::Recorded<store::Page<RotationProgress>>>> Rotations::list(const auth::Permit& permit,
                                                                            store::PageRequest page) {
  store::Page<RotationProgress> listed;
  {
    KAITO_CO_TRY(const auto snapshot, parts_.store.snapshot());
    KAITO_CO_TRY(auto rows, snapshot->rotations(permit.org(), page));
    for (auto& row : rows.rows) listed.rows.push_back(progress_of(std::move(row)));
    listed.next = std::move(rows.next);
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await parts_.journal.record(permit.event()));
  co_return auth::Recorded<store::Page<RotationProgress>>{std::move(listed), std::move(receipt)};
}

Task<Result<auth::Recorded<RotationProgress>>> Rotations::get(const auth::Permit& permit, RotationId id) {
  store::Rotation row;
  {
    KAITO_CO_TRY(const auto snapshot, parts_.store.snapshot());
    KAITO_CO_TRY(row, reachable(*snapshot, permit, id));
  }
  audit::Event event = permit.event();
  event.targets.push_back(rotation_target(id));
  KAITO_CO_TRY(audit::Receipt receipt, co_await parts_.journal.record(std::move(event)));
  co_return auth::Recorded<RotationProgress>{progress_of(std::move(row)), std::move(receipt)};
}

Task<Result<auth::Recorded<RotationProgress>>> Rotations::steer(const auth::Permit& permit, RotationId id,
                                                                Steer steer) {
  store::Rotation steered;
  auto change = [&](store::Writer& writer, audit::Event& event) -> Status {
    KAITO_TRY(steered, reachable(writer, permit, id));
    KAITO_CHECK(steer(writer, steered));
    steered.updated_at = parts_.clock.now();
    event.targets.push_back(rotation_target(id));
    return writer.update(steered);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await parts_.journal.commit(permit.event(), std::move(change)));
  engine_.wake();
  co_return auth::Recorded<RotationProgress>{progress_of(std::move(steered)), std::move(receipt)};
}

Task<Result<auth::Recorded<RotationProgress>>> Rotations::pause(const auth::Permit& permit, RotationId id) {
  co_return co_await steer(permit, id, [](store::Writer&, store::Rotation& rotation) -> Status {
    if (rotation.state != RotationState::running) return fail(state_conflict("is not running"));
    rotation.state = RotationState::paused;
    return {};
  });
}

Task<Result<auth::Recorded<RotationProgress>>> Rotations::resume(const auth::Permit& permit, RotationId id) {
  co_return co_await steer(permit, id, [](store::Writer&, store::Rotation& rotation) -> Status {
    if (rotation.state != RotationState::paused && rotation.state != RotationState::failed)
      return fail(state_conflict("is neither paused nor failed"));
    rotation.state = RotationState::running;
    rotation.refused = 0;
    rotation.error.clear();
    return {};
  });
}

Task<Result<auth::Recorded<RotationProgress>>> Rotations::cancel(const auth::Permit& permit, RotationId id) {
  co_return co_await steer(permit, id, [this](store::Writer& writer, store::Rotation& rotation) -> Status {
    const bool open = rotation.state == RotationState::running || rotation.state == RotationState::paused ||
                      rotation.state == RotationState::failed;
    if (!open || rotation.kind != store::KeyKind::org) return fail(state_conflict("is not one that can be cancelled"));
    KAITO_TRY(const auto org, writer.org(*rotation.org));
    if (!org || org->kek_version >= rotation.to)
      return fail(state_conflict("has moved something already: it can be paused, or undone by another rotation"));
    rotation.state = RotationState::cancelled;
    rotation.ended_at = parts_.clock.now();
    // In the transaction, so that no other rotation has made its own key under that number yet.
    return parts_.org_keys.drop_from(*rotation.org, rotation.to);
  });
}

Task<Result<auth::Recorded<RotationProgress>>> Rotations::destroy_old(const auth::Permit& permit, RotationId id) {
  co_return co_await steer(permit, id, [](store::Writer& writer, store::Rotation& rotation) -> Status {
    KAITO_TRY(const auto certificates, writer.certificates_of(rotation.id));
    if (rotation.state != RotationState::done || !has(certificates, store::CertificateKind::no_reference))
      return fail(state_conflict("is not done: the old versions may still be needed"));
    if (has(certificates, store::CertificateKind::destroyed))
      return fail(state_conflict("is done, and the old versions are destroyed already"));
    KAITO_TRY(const auto open, writer.open_rotation(rotation.kind, rotation.org));
    if (open) return fail(state_conflict("is done, but another rotation of the key is under way"));
    rotation.destroy_old = true;
    rotation.state = RotationState::running;
    rotation.phase = RotationPhase::destroy;
    rotation.ended_at.reset();
    return {};
  });
}

Task<Result<auth::Recorded<std::vector<store::KeyCertificate>>>> Rotations::certificates(const auth::Permit& permit,
                                                                                         RotationId id) {
  std::vector<store::KeyCertificate> certificates;
  {
    KAITO_CO_TRY(const auto snapshot, parts_.store.snapshot());
    KAITO_CO_CHECK(reachable(*snapshot, permit, id));
    KAITO_CO_TRY(certificates, snapshot->certificates_of(id));
  }
  std::erase_if(certificates, [](const auto& certificate) { return certificate.note.empty(); });
  audit::Event event = permit.event();
  event.targets.push_back(rotation_target(id));
  KAITO_CO_TRY(audit::Receipt receipt, co_await parts_.journal.record(std::move(event)));
  co_return auth::Recorded<std::vector<store::KeyCertificate>>{std::move(certificates), std::move(receipt)};
}

Task<Result<auth::Recorded<std::vector<HsmKeyReport>>>> Rotations::hsm_keys(const auth::Permit& permit) {
  std::vector<HsmKeyReport> reports;
  {
    KAITO_CO_TRY(const auto snapshot, parts_.store.snapshot());
    KAITO_CO_TRY(auto keys, snapshot->hsm_keys());
    for (auto& key : keys) reports.push_back({.key = key, .newest = false, .wraps = {}});
  }
  for (std::size_t i = 0; i < reports.size(); ++i) {
    auto& report = reports[i];
    const auto& key = report.key;
    report.newest = !key.destroyed_at && (i + 1 == reports.size() || reports[i + 1].key.kind != key.kind);
    if (key.kind != store::KeyKind::platform || key.destroyed_at) continue;
    KAITO_CO_TRY(const std::uint64_t up_to, parts_.keyring.count_below(key.version + 1));
    KAITO_CO_TRY(const std::uint64_t below, parts_.keyring.count_below(key.version));
    report.wraps = up_to - std::min(below, up_to);
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await parts_.journal.record(permit.event()));
  co_return auth::Recorded<std::vector<HsmKeyReport>>{std::move(reports), std::move(receipt)};
}

Task<Result<auth::Recorded<OrgKeyReport>>> Rotations::org_key(const auth::Permit& permit) {
  if (!permit.org()) co_return fail(Code::internal, "the permit names no org");
  OrgKeyReport report;
  {
    KAITO_CO_TRY(const auto snapshot, parts_.store.snapshot());
    KAITO_CO_TRY(const auto org, snapshot->org(*permit.org()));
    if (!org) co_return fail(Code::not_found, "no such org");
    report.newest = org->kek_version;
    KAITO_CO_TRY(auto open, snapshot->open_rotation(store::KeyKind::org, permit.org()));
    if (open) report.rotation = progress_of(*std::move(open));
  }
  KAITO_CO_TRY(auto entries, parts_.keyring.entries_of(*permit.org()));
  for (auto& entry : entries) {
    KAITO_CO_TRY(auto place, parts_.org_keys.place_of(entry.org, entry.version));
    entry.blob.clear();
    report.versions.push_back({.entry = std::move(entry), .place = std::move(place).value_or(store::KeyPlace{})});
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await parts_.journal.record(permit.event()));
  co_return auth::Recorded<OrgKeyReport>{std::move(report), std::move(receipt)};
}

Task<Result<auth::Recorded<store::Page<store::DeletedOrg>>>> Rotations::deleted_orgs(const auth::Permit& permit,
                                                                                     store::PageRequest page) {
  store::Page<store::DeletedOrg> listed;
  {
    KAITO_CO_TRY(const auto snapshot, parts_.store.snapshot());
    KAITO_CO_TRY(listed, snapshot->deleted_orgs(page));
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await parts_.journal.record(permit.event()));
  co_return auth::Recorded<store::Page<store::DeletedOrg>>{std::move(listed), std::move(receipt)};
}

Result<std::vector<RotationProgress>> Rotations::open_now() {
  KAITO_TRY(const auto snapshot, parts_.store.snapshot());
  KAITO_TRY(auto open, snapshot->open_rotations());
  std::vector<RotationProgress> progress;
  for (auto& rotation : open) progress.push_back(progress_of(std::move(rotation)));
  return progress;
}

}  // namespace kaito::keys
