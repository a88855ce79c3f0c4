// An org's key in its own HSM, as owners connect and disconnect it. Both are rotations like any other; what decides
// which HSM an org may name is the operator's configuration.
#pragma once

#include "appliance/keys/rotations.hpp"

namespace kaito::keys {

struct HsmToConnect {
  std::string hsm;                 // as the operator named it
  std::optional<std::string> key;  // RFC 7512; absent: a key of our naming is made there
  bool make = false;               // `key` is made when it is missing
  std::optional<bool> destroy_old;
};

// Thread-safe. Of all calls with an org in the permit: about that org and the HSMs that are open to it, and no others.
class CustomerHsms {
 public:
  CustomerHsms(HsmConnections& connections, OrgKeys& org_keys, store::Store& store, audit::Journal& journal,
               Rotations& rotations)
      : connections_(connections), org_keys_(org_keys), store_(store), journal_(journal), rotations_(rotations) {}

  // Starts the migration of the org's key. The key is looked at first: invalid_request with field "hsm" or "key" says
  // what is wrong. customer_hsm_unavailable: the HSM does not answer. Code::conflict as start_rotation(), and when the
  // key is in use already.
  Task<Result<auth::Recorded<RotationProgress>>> connect(const auth::Permit& permit, HsmToConnect wanted);
  // Starts the migration back to the appliance's HSM, which needs the customer's once more. Code::conflict when the key
  // is there already.
  Task<Result<auth::Recorded<RotationProgress>>> disconnect(const auth::Permit& permit,
                                                            std::optional<bool> destroy_old);
  Task<Result<auth::Recorded<std::vector<HsmConnectionReport>>>> list(const auth::Permit& permit);

  // How an HSM is doing; absent when it is not configured.
  [[nodiscard]] std::optional<HsmConnectionReport> report(std::string_view hsm) const;

 private:
  Result<KeyVersion> newest_version(const OrgId& org);
  Task<Status> look_at(const OrgId& org, HsmConnection& connection, const store::KeyPlace& place, KeyVersion version);

  HsmConnections& connections_;
  OrgKeys& org_keys_;
  store::Store& store_;
  audit::Journal& journal_;
  Rotations& rotations_;
};

}  // namespace kaito::keys
