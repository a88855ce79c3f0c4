#include "provisioning/quorum/protected_action.hpp"

#include "appliance/auth/username.hpp"
#include "appliance/base/json_text.hpp"

namespace kaito::quorum {
namespace {

using Kind = ProtectedAction::Kind;

// With the rest of an approval's text it stays below what the store takes.
constexpr std::size_t kMaxLines = 60'000;

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string_view name_of(store::StaffRole role) noexcept {
  switch (role) {
    case store::StaffRole::auditor: return "auditor";
    case store::StaffRole::operator_: return "operator";
    case store::StaffRole::security_officer: return "security_officer";
  }
  return "";
}

std::string_view name_of(store::KeyKind kind) noexcept {
  switch (kind) {
    case store::KeyKind::platform: return "platform";
    case store::KeyKind::org: return "org";
    case store::KeyKind::audit: return "audit";
    case store::KeyKind::backup: return "backup";
    case store::KeyKind::wrapping: return "wrapping";
  }
  return "";
}

class Lines {
 public:
  explicit Lines(Kind kind) : text_(fmt::format("action: {}\n", to_string(kind))) {}
  void target(std::string_view kind, std::string_view id, std::string_view name) {
    text_ += fmt::format("target: {} {} {}\n", kind, id, quoted(name));
  }
  void parameter(std::string_view key, std::string_view value) {
    text_ += fmt::format("parameter: {} {}\n", key, quoted(value));
  }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

Result<store::Staff> existing_staff(store::Reader& reader, const StaffId& id) {
  KAITO_TRY(auto staff, reader.staff(id));
  if (!staff) return fail(Code::not_found, "no such staff member");
  return *std::move(staff);
}

// The versions in the token that would be destroyed.
Status add_versions(store::Reader& reader, Lines& lines, store::KeyKind kind, KeyVersion below) {
  KAITO_TRY(const auto keys, reader.hsm_keys());
  for (const auto& key : keys)
    if (key.kind == kind && key.version < below && !key.destroyed_at)
      lines.target("key", fmt::format("{}/{}", name_of(kind), key.version),
                   fmt::format("{} key, version {}", name_of(kind), key.version));
  return {};
}

Status describe_org(store::Reader& reader, const ProtectedAction& action, Lines& lines) {
  KAITO_TRY(const auto org, reader.org(action.org));
  if (!org) return fail(Code::not_found, "no such org");
  lines.target("org", org->id.str(), org->name);
  return {};
}

// Org keys are their owners' affair.
Result<bool> describe_destruction(store::Reader& reader, const ProtectedAction& action, Lines& lines) {
  KAITO_TRY(const auto rotation, reader.rotation(action.rotation));
  if (!rotation) return fail(Code::not_found, "no such rotation");
  lines.target("rotation", rotation->id.str(),
               fmt::format("{} key, version {} to {}", name_of(rotation->kind), rotation->from, rotation->to));
  KAITO_CHECK(add_versions(reader, lines, rotation->kind, rotation->to));
  return rotation->kind != store::KeyKind::org;
}

Status add_deletions(store::Reader& reader, Lines& lines) {
  KAITO_TRY(const auto waiting, reader.unclaimed_deletions());
  for (const auto& deletion : waiting) lines.target("deleted-org", deletion.org.str(), deletion.name);
  return {};
}

Status describe_rotation(store::Reader& reader, const ProtectedAction& action, Lines& lines) {
  if (action.key == store::KeyKind::platform) KAITO_CHECK(add_deletions(reader, lines));
  KAITO_CHECK(add_versions(reader, lines, action.key, std::numeric_limits<KeyVersion>::max()));
  lines.parameter("kind", name_of(action.key));
  lines.parameter("destroy_old", "true");
  return {};
}

Status describe_shred(store::Reader& reader, Lines& lines) {
  KAITO_TRY(const auto waiting, reader.unclaimed_deletions());
  if (waiting.empty())
    return fail(Error{.code = Code::conflict,
                      .detail = {},
                      .field = "state",
                      .reason = "has no deleted org that waits to be shredded"});
  KAITO_CHECK(add_deletions(reader, lines));
  return add_versions(reader, lines, store::KeyKind::platform, std::numeric_limits<KeyVersion>::max());
}

Status describe_credential(store::Reader& reader, const ProtectedAction& action, Lines& lines) {
  KAITO_TRY(const auto credential, reader.credential(action.credential));
  if (!credential || credential->staff != action.staff) return fail(Code::not_found, "no such key");
  lines.target("credential", to_base64url(credential->credential_id), credential->label);
  return {};
}

// The rest are about a member of staff.
Result<bool> describe_staff(store::Reader& reader, const ProtectedAction& action, Lines& lines) {
  if (action.kind == Kind::create_staff) {
    KAITO_TRY(const auto taken, reader.staff_by_name(action.name));
    if (taken) return fail(Error{.code = Code::conflict, .detail = {}, .field = "name", .reason = "is taken"});
    lines.parameter("name", action.name);
    lines.parameter("role", name_of(action.role));
    return action.role == store::StaffRole::security_officer;
  }
  KAITO_TRY(const auto staff, existing_staff(reader, action.staff));
  lines.target("staff", staff.id.str(), staff.name);
  if (action.kind == Kind::remove_staff_key) KAITO_CHECK(describe_credential(reader, action, lines));
  lines.parameter("role", name_of(staff.role));
  if (action.kind == Kind::change_staff) lines.parameter("disabled", action.disabled ? "true" : "false");
  return staff.role == store::StaffRole::security_officer;
}

}  // namespace

std::string_view to_string(Kind kind) noexcept {
  switch (kind) {
    case Kind::delete_org: return "org.delete";
    case Kind::destroy_keys: return "key.destroy";
    case Kind::rotate_key: return "key.rotation.start";
    case Kind::shred: return "key.shred";
    case Kind::change_staff: return "staff.update";
    case Kind::remove_staff_key: return "staff.key.remove";
    case Kind::create_staff: return "staff.create";
    case Kind::invite_staff: return "staff.invite";
  }
  return "";
}

ProtectedAction ProtectedAction::delete_org(const OrgId& org) {
  ProtectedAction action;
  action.kind = Kind::delete_org;
  action.org = org;
  return action;
}

ProtectedAction ProtectedAction::destroy_keys(const RotationId& rotation) {
  ProtectedAction action;
  action.kind = Kind::destroy_keys;
  action.rotation = rotation;
  return action;
}

ProtectedAction ProtectedAction::rotate_key(store::KeyKind key) {
  ProtectedAction action;
  action.kind = Kind::rotate_key;
  action.key = key;
  return action;
}

ProtectedAction ProtectedAction::shred() { return {}; }

ProtectedAction ProtectedAction::change_staff(const StaffId& staff, bool disabled) {
  ProtectedAction action;
  action.kind = Kind::change_staff;
  action.staff = staff;
  action.disabled = disabled;
  return action;
}

ProtectedAction ProtectedAction::remove_staff_key(const StaffId& staff, Bytes credential) {
  ProtectedAction action;
  action.kind = Kind::remove_staff_key;
  action.staff = staff;
  action.credential = std::move(credential);
  return action;
}

Result<ProtectedAction> ProtectedAction::create_staff(std::string_view name, store::StaffRole role) {
  ProtectedAction action;
  action.kind = Kind::create_staff;
  KAITO_TRY(action.name, auth::normalise_username(name, "name"));
  action.role = role;
  return action;
}

ProtectedAction ProtectedAction::invite_staff(const StaffId& staff) {
  ProtectedAction action;
  action.kind = Kind::invite_staff;
  action.staff = staff;
  return action;
}

Result<Description> describe(store::Reader& reader, const ProtectedAction& action) {
  Lines lines(action.kind);
  Description description;
  switch (action.kind) {
    case Kind::delete_org: KAITO_CHECK(describe_org(reader, action, lines)); break;
    case Kind::destroy_keys: {
      KAITO_TRY(description.is_protected, describe_destruction(reader, action, lines));
      break;
    }
    case Kind::rotate_key: KAITO_CHECK(describe_rotation(reader, action, lines)); break;
    case Kind::shred: KAITO_CHECK(describe_shred(reader, lines)); break;
    case Kind::change_staff:
    case Kind::remove_staff_key:
    case Kind::create_staff:
    case Kind::invite_staff: {
      KAITO_TRY(description.is_protected, describe_staff(reader, action, lines));
      break;
    }
  }
  description.builds_the_quorum = action.kind == Kind::create_staff || action.kind == Kind::invite_staff ||
                                  (action.kind == Kind::change_staff && !action.disabled);
  description.lines = std::move(lines).take();
  if (description.lines.size() > kMaxLines) return fail(Code::conflict, "too many targets for one approval");
  return description;
}

}  // namespace kaito::quorum
