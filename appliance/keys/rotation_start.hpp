// How a rotation comes to be: its row, in the writer's transaction.
#pragma once

#include <optional>

#include "appliance/store/store.hpp"

namespace kaito::keys {

struct RotationRequest {
  store::KeyKind kind = store::KeyKind::platform;
  std::optional<OrgId> org;  // org keys only
  bool destroy_old = false;
  // Org keys: where the new version is to be, and the newest version when that was decided; 0: whichever it is.
  store::KeyPlace place{};
  KeyVersion from = 0;
};

// From the newest version to the next. A rotation of the platform key takes over all deletions that wait to be made
// final, and then destroys the old versions whatever the request says. Code::conflict (field "kind") when another
// rotation of the key is running, paused or failed, or the newest version is not `from`; Code::not_found when there is
// no such org.
Result<store::Rotation> start_rotation(store::Writer& writer, const RotationRequest& request, RotationId id,
                                       TimePoint now);

}  // namespace kaito::keys
