// The services, in the order in which they are built.
#pragma once

#include <filesystem>
#include <vector>

#include "appliance/api/services.hpp"
#include "appliance/daemon/config.hpp"
#include "appliance/daemon/hsm_parts.hpp"
#include "appliance/timekeeping/time_watch.hpp"
#include "appliance/vault/org_purge.hpp"

namespace kaito::daemon {

// What the configuration says of sessions; it may be out of bounds (check()).
auth::SessionPolicy session_policy(const Config& config);

// Over a store, a journal and an HSM that are open, which outlive it. Members are built in this order and end in the
// other.
struct ServiceParts {
  ServiceParts(store::Store& store, store::Keyring& keyring, audit::Journal& journal, hsm::Client& hsm,
               const HsmKeys& keys, const Config& config, std::vector<std::filesystem::path> escrow_paths,
               auth::StaffRelyingParty party, auth::PasswordHasher& hasher, const Clock& clock,
               const timekeeping::TimeWatch& time, Random& random, Logger& log);

  auth::RateLimiter rate_limiter;
  api::RequestCounts requests;
  auth::Sessions sessions;
  auth::ApiKeys api_keys;
  auth::Authenticator authenticator;
  auth::MemberLogin member_login;
  auth::MemberPassword member_password;
  auth::CeremonyStore ceremonies;
  auth::StaffEnrolment staff_enrolment;
  auth::StaffLogin staff_login;
  auth::StaffRegistry staff_registry;
  quorum::Approvals approvals;
  keys::DekLeases leases;
  keys::KeyUseLedger key_uses;
  keys::HsmConnections connections;
  keys::OrgKeys org_keys;
  keys::Escrow escrow;
  keys::AuditSigner signer;
  keys::RotationEngine engine;
  keys::Rotations rotations;
  keys::WrappingKeys wrapping_keys;
  keys::KeyImport key_import;
  keys::CustomerHsms customer_hsms;
  vault::SeedSealer sealer;
  vault::SeedOpener opener;
  vault::Orgs orgs;
  vault::OrgPurge org_purge;
  vault::Directory directory;
  vault::Seeds seeds;
  vault::Codes codes;
  WorkerPool import_pool;
  WorkerPool export_pool;
  keys::Reconciler reconciler;
  vault::Imports imports;
};

}  // namespace kaito::daemon
