// BYOK by import: an org goes over to a key that its owner has made. The key comes wrapped for the HSM, is unwrapped
// there and never in clear anywhere else; what follows is an ordinary rotation of the org's key.
#pragma once

#include "appliance/keys/rotations.hpp"

namespace kaito::keys {

// For those who know no HSM.
using hsm::ImportMechanism;
using hsm::kMaxWrappedImport;

struct KeyImportRequest {
  hsm::KeyToImport key;
  hsm::CheckValue check_value{};    // that the owner states
  std::optional<bool> destroy_old;  // the org's older versions, as the rotation's last step
};

// Thread-safe.
class KeyImport {
 public:
  KeyImport(const RotationParts& parts, RotationEngine& engine, Random& random, bool destroy_old_by_default)
      : parts_(parts), engine_(engine), random_(random), destroy_old_by_default_(destroy_old_by_default) {}

  // The key becomes the org's next version, and the rotation to it begins. Nothing is kept of a key that is refused:
  //   invalid_request  wrapping_version: none that there is; mechanism: none that the HSM unwraps by; wrapped_key: does
  //                    not unwrap, or is no AES-256 key; check_value: is not that of the key that came out
  //   conflict         the org's key is being rotated, or this very key is one of its versions already
  Task<Result<auth::Recorded<RotationProgress>>> import(const auth::Permit& permit, KeyImportRequest request);

 private:
  struct Place {
    OrgId org;
    KeyVersion version = 0;  // that the key is to become
  };
  Result<Place> place_for(const OrgId& org, const hsm::CheckValue& check_value);
  Task<Status> check_wrapping_key(const hsm::KeyToImport& key);
  Task<Result<hsm::ImportedOrgKek>> unwrap(Place place, hsm::KeyToImport key);
  Status keep(const store::KeyringEntry& entry);

  const RotationParts parts_;
  RotationEngine& engine_;
  Random& random_;
  const bool destroy_old_by_default_;
};

}  // namespace kaito::keys
