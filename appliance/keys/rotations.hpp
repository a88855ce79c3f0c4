// Rotations as people see and steer them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/keys/rotation_engine.hpp"

namespace kaito::keys {

struct RotationProgress {
  store::Rotation rotation;
  std::optional<double> rate;  // wrapped keys a second; while it runs
  std::optional<Seconds> eta;  // until the last one, at that rate
};

struct HsmKeyReport {
  store::HsmKey key;
  bool newest = false;
  std::optional<std::uint64_t> wraps;  // platform: org KEKs that it wraps now
};

struct OrgKeyVersion {
  store::KeyringEntry entry;  // without the blob
  store::KeyPlace place;
};

struct OrgKeyReport {
  KeyVersion newest = 0;                     // what new seeds are sealed under
  std::vector<OrgKeyVersion> versions;       // all that exist
  std::optional<RotationProgress> rotation;  // the open one
};

// A permit for an org reaches that org's rotations and no others (Code::not_found). Thread-safe.
class Rotations {
 public:
  Rotations(const RotationParts& parts, RotationEngine& engine, Random& random, bool destroy_old_by_default)
      : parts_(parts), engine_(engine), random_(random), destroy_old_by_default_(destroy_old_by_default) {}

  // Of the permit's org's key, else of the appliance's `kind`. Code::conflict as start_rotation().
  Task<Result<auth::Recorded<RotationProgress>>> start(const auth::Permit& permit, store::KeyKind kind,
                                                       std::optional<bool> destroy_old);
  // Of the permit's org's key, from the version `from` to a key in another place. Code::conflict as start_rotation().
  Task<Result<auth::Recorded<RotationProgress>>> move_org_key(const auth::Permit& permit, store::KeyPlace place,
                                                              KeyVersion from, std::optional<bool> destroy_old);
  Task<Result<auth::Recorded<store::Page<RotationProgress>>>> list(const auth::Permit& permit, store::PageRequest page);
  Task<Result<auth::Recorded<RotationProgress>>> get(const auth::Permit& permit, RotationId id);
  // Code::conflict unless it is running.
  Task<Result<auth::Recorded<RotationProgress>>> pause(const auth::Permit& permit, RotationId id);
  // Code::conflict unless it is paused or failed.
  Task<Result<auth::Recorded<RotationProgress>>> resume(const auth::Permit& permit, RotationId id);
  // Gives an org key's rotation up before it has moved anything. Code::conflict when it has.
  Task<Result<auth::Recorded<RotationProgress>>> cancel(const auth::Permit& permit, RotationId id);
  // The explicit last step: destroys the versions that the rotation has certified to be without reference.
  // Code::conflict unless it is done, and they are not destroyed yet.
  Task<Result<auth::Recorded<RotationProgress>>> destroy_old(const auth::Permit& permit, RotationId id);
  // Those that are signed.
  Task<Result<auth::Recorded<std::vector<store::KeyCertificate>>>> certificates(const auth::Permit& permit,
                                                                                RotationId id);

  Task<Result<auth::Recorded<std::vector<HsmKeyReport>>>> hsm_keys(const auth::Permit& permit);
  Task<Result<auth::Recorded<OrgKeyReport>>> org_key(const auth::Permit& permit);

  // Makes the waiting deletions final now. Code::conflict when none waits, or the platform key is being rotated.
  Task<Result<auth::Recorded<RotationProgress>>> shred_now(const auth::Permit& permit);
  Task<Result<auth::Recorded<store::Page<store::DeletedOrg>>>> deleted_orgs(const auth::Permit& permit,
                                                                            store::PageRequest page);

  // Whether a rotation that does not say so destroys the old versions.
  [[nodiscard]] bool destroys_old_by_default() const noexcept { return destroy_old_by_default_; }

  // What is open now, for reports.
  Result<std::vector<RotationProgress>> open_now();

 private:
  Result<RotationRequest> in_same_place(const OrgId& org, bool destroy_old);
  using Steer = std::function<Status(store::Writer&, store::Rotation&)>;
  Task<Result<auth::Recorded<RotationProgress>>> steer(const auth::Permit& permit, RotationId id, Steer steer);
  Task<Result<auth::Recorded<RotationProgress>>> begin(const auth::Permit& permit, RotationRequest request,
                                                       bool only_with_deletions);
  [[nodiscard]] RotationProgress progress_of(store::Rotation rotation) const;

  const RotationParts parts_;
  RotationEngine& engine_;
  Random& random_;
  const bool destroy_old_by_default_;
};

}  // namespace kaito::keys
