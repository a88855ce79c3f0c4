// What several officers have to sign for, and how it is told to people: the lines that they sign.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "appliance/base/result.hpp"
#include "appliance/store/store.hpp"

namespace kaito::quorum {

// An action of the endpoint table with everything that the request decides.
struct ProtectedAction {
  enum class Kind : std::uint8_t {
    delete_org,        // "org.delete"
    destroy_keys,      // "key.destroy"
    rotate_key,        // "key.rotation.start", with destruction of the old versions as its last step
    shred,             // "key.shred"
    change_staff,      // "staff.update": disable or enable
    remove_staff_key,  // "staff.key.remove"
    create_staff,      // "staff.create"
    invite_staff,      // "staff.invite": the right to enrol a key
  };
  Kind kind = Kind::shred;
  OrgId org{};
  RotationId rotation{};
  store::KeyKind key = store::KeyKind::platform;
  StaffId staff{};
  Bytes credential{};
  bool disabled = false;
  std::string name{};  // as auth::normalise_username gives it
  store::StaffRole role = store::StaffRole::security_officer;

  static ProtectedAction delete_org(const OrgId& org);
  static ProtectedAction destroy_keys(const RotationId& rotation);
  static ProtectedAction rotate_key(store::KeyKind key);
  static ProtectedAction shred();
  static ProtectedAction change_staff(const StaffId& staff, bool disabled);
  static ProtectedAction remove_staff_key(const StaffId& staff, Bytes credential);
  // Code::invalid_request that names `name`.
  static Result<ProtectedAction> create_staff(std::string_view name, store::StaffRole role);
  static ProtectedAction invite_staff(const StaffId& staff);
};

// The action's name in the endpoint table.
std::string_view to_string(ProtectedAction::Kind kind) noexcept;

// An action as it is at one moment of the store.
struct Description {
  // "action: …", "target: …" and "parameter: …" lines, each ended by a line feed. Targets are told by id and by the
  // name that people know; whatever the action's effect depends on is among them, so that equal lines mean that nothing
  // has changed. Names are JSON strings: no name can end its line or forge another.
  std::string lines;
  // False: it does not touch what is protected (a colleague who is no security officer).
  bool is_protected = true;
  // It adds officers or keys: while fewer than the configured number of officers can sign, all of them are enough.
  bool builds_the_quorum = false;
};

// Code::not_found when a target is not there; Code::conflict when there is nothing to do, or too much to tell.
Result<Description> describe(store::Reader& reader, const ProtectedAction& action);

}  // namespace kaito::quorum
