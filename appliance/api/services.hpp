// Everything that handlers may call, made by the daemon. Handlers know no HSM and no database beyond this.
#pragma once

#include <string>
#include <vector>

#include "appliance/api/appliance_status.hpp"
#include "appliance/api/request_counts.hpp"
#include "appliance/audit/journal.hpp"
#include "appliance/auth/authenticator.hpp"
#include "appliance/auth/member_login.hpp"
#include "appliance/auth/member_password.hpp"
#include "appliance/auth/rate_limiter.hpp"
#include "appliance/auth/staff_enrolment.hpp"
#include "appliance/auth/staff_login.hpp"
#include "appliance/auth/staff_registry.hpp"
#include "appliance/base/worker_pool.hpp"
#include "appliance/keys/customer_hsms.hpp"
#include "appliance/keys/key_import.hpp"
#include "appliance/keys/reconciliation.hpp"
#include "appliance/keys/rotations.hpp"
#include "appliance/keys/wrapping_keys.hpp"
#include "appliance/vault/codes.hpp"
#include "appliance/vault/directory.hpp"
#include "appliance/vault/imports.hpp"
#include "appliance/vault/orgs.hpp"
#include "appliance/vault/seeds.hpp"
#include "provisioning/quorum/approvals.hpp"

namespace kaito::api {

// References: the daemon owns every part and outlives the listener.
struct Services {
  store::Store& store;
  audit::Journal& journal;
  const ApplianceStatus& status;
  auth::RateLimiter& rate_limiter;
  RequestCounts& requests;
  auth::Authenticator& authenticator;
  auth::Sessions& sessions;
  auth::ApiKeys& api_keys;
  auth::MemberLogin& member_login;
  auth::MemberPassword& member_password;
  auth::StaffEnrolment& staff_enrolment;
  auth::StaffLogin& staff_login;
  auth::StaffRegistry& staff_registry;
  quorum::Approvals& approvals;
  keys::Rotations& rotations;
  keys::WrappingKeys& wrapping_keys;
  keys::KeyImport& key_import;
  keys::Reconciler& reconciler;
  keys::CustomerHsms& customer_hsms;
  vault::Orgs& orgs;
  vault::Directory& directory;
  vault::Seeds& seeds;
  vault::Codes& codes;
  vault::Imports& imports;
  WorkerPool& long_work;  // exports: what takes seconds
  const Clock& clock;
  const timekeeping::TimeWatch& time;
  Logger& log;
  std::vector<std::string> origins;  // "https://kaito.example.org": where browsers may call from
};

}  // namespace kaito::api
