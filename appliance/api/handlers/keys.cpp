#include "appliance/api/handlers/keys.hpp"

namespace kaito::api {
namespace {

std::string_view state_of(const keys::HsmKeyReport& report) {
  if (report.key.destroyed_at) return "destroyed";
  return report.newest ? "newest" : "retired";
}

std::optional<std::string> check_value_of(const store::KeyringEntry& entry) {
  if (entry.check_value.empty()) return std::nullopt;
  return to_hex(entry.check_value);
}

}  // namespace

Done<RotationView> done_rotation(auth::Recorded<keys::RotationProgress> recorded) {
  return done<RotationView>(std::move(recorded), RotationView::of);
}

RotationView RotationView::of(const keys::RotationProgress& progress) {
  const auto& row = progress.rotation;
  RotationView view{.id = row.id,
                    .kind = row.kind,
                    .org = row.org,
                    .from_version = row.from,
                    .to_version = row.to,
                    .state = row.state,
                    .phase = row.phase,
                    .destroy_old = row.destroy_old,
                    .to_hsm = {},
                    .done = row.done,
                    .total = row.total,
                    .refused = row.refused,
                    .per_second = {},
                    .eta_seconds = {},
                    .started_at = row.started_at,
                    .updated_at = row.updated_at,
                    .ended_at = row.ended_at,
                    .error = {}};
  if (progress.rate) view.per_second = static_cast<std::uint64_t>(*progress.rate);
  if (progress.eta) view.eta_seconds = static_cast<std::uint64_t>(progress.eta->count());
  if (!row.error.empty()) view.error = row.error;
  if (row.place.is_customers()) view.to_hsm = row.place.hsm;
  return view;
}

DeletedOrgView DeletedOrgView::of(const store::DeletedOrg& deleted) {
  DeletedOrgView view{.org = deleted.org,
                      .deleted_at = deleted.deleted_at,
                      .rotation = deleted.rotation,
                      .shredded_at = deleted.shredded_at,
                      .name = {}};
  if (!deleted.name.empty()) view.name = deleted.name;
  return view;
}

Task<Result<Done<ListKeys::Output>>> ListKeys::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto keys, co_await services.rotations.hsm_keys(call.permit));
  co_return done<Output>(std::move(keys), [](const std::vector<keys::HsmKeyReport>& reports) {
    Output listing;
    for (const auto& report : reports)
      listing.items.push_back({.kind = report.key.kind,
                               .version = report.key.version,
                               .state = state_of(report),
                               .created_at = report.key.created_at,
                               .destroyed_at = report.key.destroyed_at,
                               .wraps = report.wraps});
    return listing;
  });
}

Result<std::optional<quorum::ProtectedAction>> StartRotation::protected_action(Services& services, const Input& input,
                                                                               const PathParameters&) {
  using enum store::KeyKind;
  // One of the platform KEK also shreds the deleted orgs that wait, and destroys old versions for that.
  const bool destroys =
      input.kind == platform || input.destroy_old.value_or(services.rotations.destroys_old_by_default());
  if (!destroys || (input.kind != platform && input.kind != audit && input.kind != backup)) return std::nullopt;
  return quorum::ProtectedAction::rotate_key(input.kind);
}

Task<Result<Done<StartRotation::Output>>> StartRotation::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto started, co_await services.rotations.start(call.permit, call.input.kind, call.input.destroy_old));
  co_return done_rotation(std::move(started));
}

Task<Result<Done<RotateOrgKey::Output>>> RotateOrgKey::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto started,
               co_await services.rotations.start(call.permit, store::KeyKind::org, call.input.destroy_old));
  co_return done_rotation(std::move(started));
}

Task<Result<Done<ListRotations::Output>>> ListRotations::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto page,
               co_await services.rotations.list(call.permit, page_request(call.input.limit, call.input.cursor)));
  co_return done_listing<RotationView>(std::move(page));
}

Task<Result<Done<GetRotation::Output>>> GetRotation::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const RotationId id, call.path.id<RotationId>("rotation"));
  KAITO_CO_TRY(auto rotation, co_await services.rotations.get(call.permit, id));
  co_return done_rotation(std::move(rotation));
}

Task<Result<Done<ChangeRotation::Output>>> ChangeRotation::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const RotationId id, call.path.id<RotationId>("rotation"));
  if (call.input.paused) {
    KAITO_CO_TRY(auto paused, co_await services.rotations.pause(call.permit, id));
    co_return done_rotation(std::move(paused));
  }
  KAITO_CO_TRY(auto resumed, co_await services.rotations.resume(call.permit, id));
  co_return done_rotation(std::move(resumed));
}

// Below an org it is the org's key, and its owner's affair.
Result<std::optional<quorum::ProtectedAction>> DestroyOldKeys::protected_action(Services&, const Input&,
                                                                                const PathParameters& path) {
  if (path.get("org")) return std::nullopt;
  KAITO_TRY(const RotationId id, path.id<RotationId>("rotation"));
  return quorum::ProtectedAction::destroy_keys(id);
}

Task<Result<Done<DestroyOldKeys::Output>>> DestroyOldKeys::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const RotationId id, call.path.id<RotationId>("rotation"));
  KAITO_CO_TRY(auto rotation, co_await services.rotations.destroy_old(call.permit, id));
  co_return done_rotation(std::move(rotation));
}

Task<Result<Done<ListCertificates::Output>>> ListCertificates::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const RotationId id, call.path.id<RotationId>("rotation"));
  KAITO_CO_TRY(auto certificates, co_await services.rotations.certificates(call.permit, id));
  co_return done<Output>(std::move(certificates), [](std::vector<store::KeyCertificate> rows) {
    Output listing;
    for (auto& row : rows)
      listing.items.push_back({.kind = row.kind, .issued_at = row.issued_at, .note = std::move(row.note)});
    return listing;
  });
}

Task<Result<Done<GetOrgKey::Output>>> GetOrgKey::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto key, co_await services.rotations.org_key(call.permit));
  co_return done<Output>(std::move(key), [&services](const keys::OrgKeyReport& report) {
    Output output{.newest_version = report.newest, .versions = {}, .hsm = {}, .rotation = {}};
    for (const auto& [entry, place] : report.versions) {
      auto& view = output.versions.emplace_back(OrgKeyVersionView{.version = entry.version,
                                                                  .created_at = entry.created_at,
                                                                  .encryptions = entry.invocations,
                                                                  .platform_version = entry.platform_version,
                                                                  .check_value = check_value_of(entry),
                                                                  .hsm = {},
                                                                  .hsm_key = {}});
      if (!place.is_customers()) continue;
      view.hsm = place.hsm;
      view.hsm_key = place.key;
      if (entry.version != report.newest) continue;
      const auto hsm = services.customer_hsms.report(place.hsm);
      output.hsm = OrgHsmView{.name = place.hsm, .state = hsm ? hsm->state : keys::HsmConnectionState::removed};
    }
    if (report.rotation) output.rotation = RotationView::of(*report.rotation);
    return output;
  });
}

Task<Result<Done<ListDeletedOrgs::Output>>> ListDeletedOrgs::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto page, co_await services.rotations.deleted_orgs(call.permit,
                                                                   page_request(call.input.limit, call.input.cursor)));
  co_return done_listing<DeletedOrgView>(std::move(page));
}

Result<std::optional<quorum::ProtectedAction>> ShredNow::protected_action(Services&, const Input&,
                                                                          const PathParameters&) {
  return quorum::ProtectedAction::shred();
}

Task<Result<Done<ShredNow::Output>>> ShredNow::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto started, co_await services.rotations.shred_now(call.permit));
  co_return done_rotation(std::move(started));
}

}  // namespace kaito::api
