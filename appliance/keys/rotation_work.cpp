#include "appliance/keys/rotation_work.hpp"

namespace kaito::keys {

std::unique_ptr<RotationWork> make_rotation_work(store::KeyKind kind, RotationParts parts) {
  switch (kind) {
    case store::KeyKind::platform: return make_platform_rotation(parts);
    case store::KeyKind::org: return make_org_rotation(parts);
    case store::KeyKind::audit: return make_audit_rotation(parts);
    case store::KeyKind::backup: return make_backup_rotation(parts);
    case store::KeyKind::wrapping: break;  // never rotated, see store::KeyKind
  }
  return nullptr;
}

Status add_progress(store::Writer& writer, const RotationId& id, std::uint64_t worked, TimePoint now) {
  KAITO_TRY(auto rotation, writer.rotation(id));
  if (!rotation) return fail(Code::not_found, "no such rotation");
  rotation->done += worked;
  rotation->total = std::max(rotation->total, rotation->done);
  rotation->updated_at = now;
  rotation->error.clear();
  return writer.update(*rotation);
}

Task<Status> write(store::Store& store, store::Job job) {
  co_return co_await store.write(std::move(job), store::JobKind::change);
}

}  // namespace kaito::keys
