#include "appliance/keys/rotation_start.hpp"

#include <limits>

namespace kaito::keys {
namespace {

Result<KeyVersion> newest_version(store::Reader& reader, const RotationRequest& request) {
  if (request.kind == store::KeyKind::org) {
    if (!request.org) return fail(Code::internal, "an org key without its org");
    KAITO_TRY(const auto org, reader.org(*request.org));
    if (!org) return fail(Code::not_found, "no such org");
    return org->kek_version;
  }
  KAITO_TRY(const auto keys, reader.hsm_keys());
  KeyVersion newest = 0;
  for (const auto& key : keys)
    if (key.kind == request.kind && !key.destroyed_at) newest = std::max(newest, key.version);
  if (newest == 0) return fail(Code::internal, "the key to rotate does not exist");
  return newest;
}

}  // namespace

Result<store::Rotation> start_rotation(store::Writer& writer, const RotationRequest& request, RotationId id,
                                       TimePoint now) {
  KAITO_TRY(const auto open, writer.open_rotation(request.kind, request.org));
  if (open)
    return fail(Error{
        .code = Code::conflict, .field = "kind", .reason = "is being rotated already, by rotation " + open->id.str()});
  KAITO_TRY(const KeyVersion newest, newest_version(writer, request));
  if (request.from != 0 && request.from != newest)
    return fail(Error{.code = Code::conflict, .field = "kind", .reason = "was rotated meanwhile"});
  if (newest == std::numeric_limits<KeyVersion>::max()) return fail(Code::conflict, "no version is left");
  store::Rotation rotation{.id = id,
                           .kind = request.kind,
                           .org = request.org,
                           .from = newest,
                           .to = newest + 1,
                           .destroy_old = request.destroy_old,
                           .started_at = now,
                           .updated_at = now,
                           .place = request.place};
  const bool platform = request.kind == store::KeyKind::platform;
  if (platform) {
    KAITO_TRY(const auto deletion, writer.oldest_unclaimed_deletion());
    if (deletion) rotation.destroy_old = true;
  }
  KAITO_CHECK(writer.insert(rotation));
  if (platform) KAITO_CHECK(writer.claim_deleted_orgs(rotation.id));
  return rotation;
}

}  // namespace kaito::keys
