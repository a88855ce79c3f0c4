#include "appliance/keys/rotation_schedule.hpp"

#include <map>

#include "appliance/keys/certificate_issue.hpp"

namespace kaito::keys {
namespace {

// Orgs of one day come of age together; they take turns.
constexpr std::size_t kOrgsAtOnce = 8;
constexpr std::uint32_t kWornOutOrgs = 256;

}  // namespace

TimePoint RotationSchedule::oldest_allowed() const {
  if (policy_.max_age.count() == 0) return TimePoint{};
  return parts_.clock.now() - std::chrono::duration_cast<Milliseconds>(policy_.max_age);
}

Status RotationSchedule::add_due_hsm_keys(store::Reader& reader, std::vector<RotationRequest>& due) {
  const TimePoint now = parts_.clock.now();
  KAITO_TRY(const auto deletion, reader.oldest_unclaimed_deletion());
  const bool shred = deletion && now - *deletion >= policy_.shred_delay;
  KAITO_TRY(const auto keys, reader.hsm_keys());
  std::map<store::KeyKind, store::HsmKey> newest;  // hsm_keys() ascends
  for (const auto& key : keys)
    if (!key.destroyed_at) newest[key.kind] = key;
  for (const auto& [kind, key] : newest) {
    if (kind == store::KeyKind::wrapping) continue;
    const bool wanted = key.created_at < oldest_allowed() || (shred && kind == store::KeyKind::platform);
    if (!wanted) continue;
    KAITO_TRY(const auto open, reader.open_rotation(kind, std::nullopt));
    if (!open) due.push_back({.kind = kind, .org = {}, .destroy_old = policy_.destroy_old});
  }
  return {};
}

Status RotationSchedule::add_due_orgs(store::Reader& reader, std::vector<RotationRequest>& due) {
  KAITO_TRY(const auto open, reader.open_rotations());
  auto running = static_cast<std::size_t>(std::ranges::count_if(open, [](const store::Rotation& rotation) {
    return rotation.kind == store::KeyKind::org && rotation.state == store::RotationState::running;
  }));
  if (running >= kOrgsAtOnce) return {};
  KAITO_TRY(const auto worn_out, parts_.keyring.worn_out(oldest_allowed(), policy_.max_invocations, kWornOutOrgs));
  for (const auto& [id, version] : worn_out) {
    if (running >= kOrgsAtOnce) break;
    KAITO_TRY(const auto busy, reader.open_rotation(store::KeyKind::org, id));
    const auto org = reader.org(id);
    // A row that was edited keeps up nobody else.
    if (!org && org.error().code != Code::integrity) return fail(org.error());
    // An org that is being made has a key before it has a row.
    if (busy || !org || !*org || (*org)->kek_version > version) continue;
    KAITO_TRY(auto place, parts_.org_keys.next_place(id, version));
    due.push_back({.kind = store::KeyKind::org,
                   .org = id,
                   .destroy_old = policy_.destroy_old,
                   .place = std::move(place),
                   .from = version});
    ++running;
  }
  return {};
}

Result<std::vector<RotationRequest>> RotationSchedule::due() {
  std::vector<RotationRequest> due;
  KAITO_TRY(const auto snapshot, parts_.store.snapshot());
  KAITO_CHECK(add_due_hsm_keys(*snapshot, due));
  KAITO_CHECK(add_due_orgs(*snapshot, due));
  return due;
}

Task<Result<bool>> RotationSchedule::start_due() {
  KAITO_CO_TRY(const auto requests, due());
  for (const auto& request : requests) {
    const auto id = RotationId::make(parts_.clock, random_);
    audit::Event event = rotation_event("key.rotation.scheduled", {.id = id, .kind = request.kind, .org = request.org});
    event.details.clear();
    auto change = [&](store::Writer& writer, audit::Event& recorded) -> Status {
      KAITO_TRY(const auto started, start_rotation(writer, request, id, parts_.clock.now()));
      recorded.details.push_back({.key = "key", .value = std::string(audit::key_name(started.kind))});
      recorded.details.push_back({.key = "version", .value = std::to_string(started.to)});
      return {};
    };
    const auto committed = co_await parts_.journal.commit(std::move(event), std::move(change));
    if (!committed && committed.error().code != Code::conflict) co_return fail(committed.error());
  }
  co_return !requests.empty();
}

}  // namespace kaito::keys
