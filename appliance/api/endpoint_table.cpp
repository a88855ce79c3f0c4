#include "appliance/api/endpoint_binding.hpp"
#include "appliance/api/handlers/api_keys.hpp"
#include "appliance/api/handlers/approvals.hpp"
#include "appliance/api/handlers/audit.hpp"
#include "appliance/api/handlers/byok.hpp"
#include "appliance/api/handlers/codes.hpp"
#include "appliance/api/handlers/groups.hpp"
#include "appliance/api/handlers/imports.hpp"
#include "appliance/api/handlers/key_import.hpp"
#include "appliance/api/handlers/keys.hpp"
#include "appliance/api/handlers/members.hpp"
#include "appliance/api/handlers/orgs.hpp"
#include "appliance/api/handlers/reconciliation.hpp"
#include "appliance/api/handlers/seeds.hpp"
#include "appliance/api/handlers/session.hpp"
#include "appliance/api/handlers/staff.hpp"
#include "appliance/api/handlers/status.hpp"

namespace kaito::api {
namespace {

using auth::RateClass;
using auth::Scope;
using http::Method;
using enum store::StaffRole;
using Role = store::MemberRole;

constexpr std::uint32_t kImportBody = 12U << 20;  // an 8 MiB file as a JSON string
constexpr std::uint32_t kCeremonyBody = 64U << 10;

Endpoint public_endpoint(std::string_view path, std::string_view action, std::string_view summary,
                         PublicHandler handler) {
  return {.method = Method::get,
          .path = path,
          .action = action,
          .summary = summary,
          .access = anyone(),
          .states = StateSet::all(),
          .rate = RateClass::health,
          .public_handler = handler};
}

// What rows differ in beyond their defaults.
constexpr RowOptions kLogin{.rate = RateClass::login};
constexpr RowOptions kCeremony{.rate = RateClass::login, .body_limit = kCeremonyBody};
constexpr RowOptions kWrite{.rate = RateClass::write};
constexpr RowOptions kCreated{.rate = RateClass::write, .success = 201};
constexpr RowOptions kCode{.rate = RateClass::code};
constexpr RowOptions kBulk{.rate = RateClass::bulk};
constexpr RowOptions kImport{.rate = RateClass::bulk, .body_limit = kImportBody};

using Rows = std::vector<Endpoint>;

void add_public_rows(Rows& rows) {
  rows.push_back(public_endpoint("/healthz", "health.live", "The process lives", &healthz));
  rows.push_back(public_endpoint("/readyz", "health.ready", "Codes can be given: HSM and storage answer", &readyz));
  rows.push_back(public_endpoint("/v1/openapi.json", "api.describe", "This description", &openapi));
}

void add_logins(Rows& rows) {
  rows.push_back(endpoint<LoginMember>(Method::post, "/v1/session/login", "auth.member.login", "Log in as a member",
                                       anyone(), kLogin));
  rows.push_back(endpoint<AcceptInvitation>(Method::post, "/v1/session/invitation", "auth.invitation.accept",
                                            "Accept an invitation: set the first password", anyone(), kLogin));
  rows.push_back(endpoint<ChangePassword>(Method::post, "/v1/session/password", "auth.password.change",
                                          "Change one's password; ends all other sessions", members(Role::viewer),
                                          kLogin));
  rows.push_back(endpoint<WhoAmI>(Method::get, "/v1/session", "auth.session.read", "Who am I", any_session()));
  rows.push_back(endpoint<Logout>(Method::del, "/v1/session", "auth.logout", "Log out", any_session()));
  rows.push_back(endpoint<BeginStaffLogin>(Method::post, "/v1/staff/login", "auth.staff.login.begin",
                                           "Begin a staff login with a FIDO2 key", anyone(), kLogin));
  rows.push_back(endpoint<FinishStaffLogin>(Method::post, "/v1/staff/login/response", "auth.staff.login",
                                            "Finish a staff login", anyone(), kCeremony));
  rows.push_back(endpoint<BeginStaffEnrolment>(Method::post, "/v1/staff/enrolment", "auth.staff.enrol.begin",
                                               "Begin the enrolment of a staff FIDO2 key", anyone(), kLogin));
  rows.push_back(endpoint<FinishStaffEnrolment>(Method::post, "/v1/staff/enrolment/response", "auth.staff.enrol",
                                                "Finish the enrolment of a staff FIDO2 key", anyone(), kCeremony));
}

void add_staff(Rows& rows) {
  rows.push_back(endpoint<GetStatus>(Method::get, "/v1/status", "appliance.status.read", "How the appliance is",
                                     staff({auditor, operator_, security_officer})));
  rows.push_back(
      endpoint<ListStaff>(Method::get, "/v1/staff", "staff.list", "List staff", staff({auditor, security_officer})));
  rows.push_back(endpoint<CreateStaff>(Method::post, "/v1/staff", "staff.create", "Add a staff member",
                                       staff({security_officer}).freshly(), kCreated));
  rows.push_back(endpoint<GetStaff>(Method::get, "/v1/staff/{staff}", "staff.read", "A staff member and their keys",
                                    staff({auditor, security_officer})));
  rows.push_back(endpoint<ChangeStaff>(Method::patch, "/v1/staff/{staff}", "staff.update",
                                       "Disable or enable a staff member", staff({security_officer}).freshly(),
                                       kWrite));
  rows.push_back(endpoint<InviteStaff>(Method::post, "/v1/staff/{staff}/enrolment", "staff.invite",
                                       "A token to enrol a key with", staff({security_officer}).freshly(), kCreated));
  rows.push_back(endpoint<RevokeStaffSessions>(Method::del, "/v1/staff/{staff}/sessions", "staff.sessions.revoke",
                                               "End all sessions of a staff member", staff({security_officer}),
                                               kWrite));
  rows.push_back(endpoint<RemoveStaffKey>(Method::del, "/v1/staff/{staff}/keys/{credential}", "staff.key.remove",
                                          "Remove a staff member's key", staff({security_officer}).freshly(), kWrite));
}

void add_approvals(Rows& rows) {
  rows.push_back(endpoint<ProposeApproval>(Method::post, "/v1/approvals", "approval.propose",
                                           "Propose an action that several security officers have to sign for",
                                           staff({security_officer}).freshly(), kCreated));
  rows.push_back(endpoint<ListApprovals>(Method::get, "/v1/approvals", "approval.list", "List approvals",
                                         staff({auditor, security_officer})));
  rows.push_back(endpoint<GetApproval>(Method::get, "/v1/approvals/{approval}", "approval.read",
                                       "An approval: what is signed, and the signatures",
                                       staff({auditor, security_officer})));
  rows.push_back(endpoint<SignApproval>(Method::post, "/v1/approvals/{approval}/signatures", "approval.sign",
                                        "Sign an approval with one's own FIDO2 key", staff({security_officer}),
                                        {.rate = RateClass::write, .body_limit = kCeremonyBody, .success = 201}));
  rows.push_back(endpoint<CancelApproval>(Method::del, "/v1/approvals/{approval}", "approval.cancel",
                                          "Take an approval back", staff({security_officer}), kWrite));
}

void add_orgs(Rows& rows) {
  rows.push_back(endpoint<ListOrgs>(Method::get, "/v1/orgs", "org.list", "List orgs",
                                    staff({auditor, operator_, security_officer})));
  rows.push_back(endpoint<CreateOrg>(Method::post, "/v1/orgs", "org.create", "Create an org and invite its owner",
                                     staff({operator_, security_officer}), kCreated));
  rows.push_back(endpoint<CheckNewOrg>(Method::post, "/v1/orgs/dry-run", "org.create.check",
                                       "What making an org of this body would do; nothing is made",
                                       staff({operator_, security_officer}), kWrite));
  rows.push_back(endpoint<GetOrg>(
      Method::get, "/v1/orgs/{org}", "org.read", "An org",
      staff({auditor, operator_, security_officer}).or_members(Role::viewer).or_keys(Scope::org_read)));
  rows.push_back(endpoint<ChangeOrg>(Method::patch, "/v1/orgs/{org}", "org.update", "Change an org's name or lease",
                                     staff({operator_, security_officer}).or_members(Role::owner), kWrite));
  rows.push_back(endpoint<DeleteOrg>(Method::del, "/v1/orgs/{org}", "org.delete",
                                     "Delete an org with all that belongs to it", staff({security_officer}).freshly(),
                                     kWrite));
}

void add_members(Rows& rows) {
  rows.push_back(endpoint<ListMembers>(Method::get, "/v1/orgs/{org}/members", "member.list", "List members",
                                       members(Role::admin).or_keys(Scope::members_read)));
  rows.push_back(endpoint<InviteMember>(Method::post, "/v1/orgs/{org}/members", "member.invite", "Invite a member",
                                        members(Role::admin).or_keys(Scope::members_write).freshly(), kCreated));
  rows.push_back(endpoint<GetMember>(Method::get, "/v1/orgs/{org}/members/{member}", "member.read", "A member",
                                     members(Role::admin).or_keys(Scope::members_read)));
  rows.push_back(endpoint<ChangeMember>(Method::patch, "/v1/orgs/{org}/members/{member}", "member.update",
                                        "Change a member's name or role, disable or enable",
                                        members(Role::admin).or_keys(Scope::members_write).freshly(), kWrite));
  rows.push_back(endpoint<RemoveMember>(Method::del, "/v1/orgs/{org}/members/{member}", "member.remove",
                                        "Remove a member", members(Role::admin).or_keys(Scope::members_write), kWrite));
  rows.push_back(endpoint<ReinviteMember>(Method::post, "/v1/orgs/{org}/members/{member}/invitation", "member.reinvite",
                                          "Invite a member again; the old password ends",
                                          members(Role::admin).or_keys(Scope::members_write).freshly(), kCreated));
  rows.push_back(endpoint<RevokeMemberSessions>(Method::del, "/v1/orgs/{org}/members/{member}/sessions",
                                                "member.sessions.revoke", "End all sessions of a member",
                                                members(Role::admin).or_keys(Scope::members_write), kWrite));
}

void add_groups(Rows& rows) {
  rows.push_back(endpoint<ListGroups>(Method::get, "/v1/orgs/{org}/groups", "group.list", "List groups",
                                      members(Role::viewer).or_keys(Scope::groups_read)));
  rows.push_back(endpoint<CreateGroup>(Method::post, "/v1/orgs/{org}/groups", "group.create", "Create a group",
                                       members(Role::admin).or_keys(Scope::groups_write), kCreated));
  rows.push_back(endpoint<GetGroup>(Method::get, "/v1/orgs/{org}/groups/{group}", "group.read",
                                    "A group and its members", members(Role::viewer).or_keys(Scope::groups_read)));
  rows.push_back(endpoint<RenameGroup>(Method::patch, "/v1/orgs/{org}/groups/{group}", "group.update", "Rename a group",
                                       members(Role::admin).or_keys(Scope::groups_write), kWrite));
  rows.push_back(endpoint<DeleteGroup>(Method::del, "/v1/orgs/{org}/groups/{group}", "group.delete",
                                       "Delete a group; its seeds stay",
                                       members(Role::admin).or_keys(Scope::groups_write), kWrite));
  rows.push_back(endpoint<AddGroupMember>(Method::put, "/v1/orgs/{org}/groups/{group}/members/{member}",
                                          "group.member.add", "Add a member to a group",
                                          members(Role::admin).or_keys(Scope::groups_write), kWrite));
  rows.push_back(endpoint<RemoveGroupMember>(Method::del, "/v1/orgs/{org}/groups/{group}/members/{member}",
                                             "group.member.remove", "Remove a member from a group",
                                             members(Role::admin).or_keys(Scope::groups_write), kWrite));
  rows.push_back(endpoint<AddGroupSeed>(Method::put, "/v1/orgs/{org}/groups/{group}/seeds/{seed}", "group.seed.add",
                                        "Show a seed to a group", members(Role::admin).or_keys(Scope::groups_write),
                                        kWrite));
  rows.push_back(endpoint<RemoveGroupSeed>(Method::del, "/v1/orgs/{org}/groups/{group}/seeds/{seed}",
                                           "group.seed.remove", "Hide a seed from a group",
                                           members(Role::admin).or_keys(Scope::groups_write), kWrite));
}

void add_seeds_and_codes(Rows& rows) {
  rows.push_back(endpoint<ListSeeds>(Method::get, "/v1/orgs/{org}/seeds", "seed.list", "List and search seeds",
                                     members(Role::viewer).or_keys(Scope::seeds_read)));
  rows.push_back(endpoint<CreateSeed>(Method::post, "/v1/orgs/{org}/seeds", "seed.create", "Add a seed",
                                      members(Role::member).or_keys(Scope::seeds_write), kCreated));
  rows.push_back(endpoint<ImportSeeds>(Method::post, "/v1/orgs/{org}/seeds/import", "seed.import",
                                       "Import what another program exported",
                                       members(Role::member).or_keys(Scope::seeds_write), kImport));
  rows.push_back(endpoint<GetSeed>(Method::get, "/v1/orgs/{org}/seeds/{seed}", "seed.read",
                                   "A seed's labels and parameters", members(Role::viewer).or_keys(Scope::seeds_read)));
  rows.push_back(endpoint<RelabelSeed>(Method::patch, "/v1/orgs/{org}/seeds/{seed}", "seed.update",
                                       "Change a seed's labels", members(Role::member).or_keys(Scope::seeds_write),
                                       kWrite));
  rows.push_back(endpoint<DeleteSeed>(Method::del, "/v1/orgs/{org}/seeds/{seed}", "seed.delete", "Delete a seed",
                                      members(Role::admin).or_keys(Scope::seeds_write), kWrite));
  rows.push_back(endpoint<ReadCode>(Method::get, "/v1/orgs/{org}/seeds/{seed}/code", "seed.code.read",
                                    "The present code of a time-based seed",
                                    members(Role::viewer).or_keys(Scope::codes_read), kCode));
  rows.push_back(endpoint<TakeCode>(Method::post, "/v1/orgs/{org}/seeds/{seed}/code", "seed.code.take",
                                    "The next code of an HOTP seed; moves its counter",
                                    members(Role::viewer).or_keys(Scope::codes_read), kCode));
  rows.push_back(endpoint<ReadCodes>(Method::post, "/v1/orgs/{org}/codes", "seed.codes.read",
                                     "The present codes of many seeds",
                                     members(Role::viewer).or_keys(Scope::codes_read), kCode));
}

void add_api_keys(Rows& rows) {
  rows.push_back(endpoint<ListApiKeys>(Method::get, "/v1/orgs/{org}/api-keys", "api_key.list", "List API keys",
                                       members(Role::admin).or_keys(Scope::keys_write)));
  rows.push_back(endpoint<CreateApiKey>(Method::post, "/v1/orgs/{org}/api-keys", "api_key.create", "Make an API key",
                                        members(Role::admin).or_keys(Scope::keys_write).freshly(), kCreated));
  rows.push_back(endpoint<RevokeApiKey>(Method::del, "/v1/orgs/{org}/api-keys/{api_key}", "api_key.revoke",
                                        "Revoke an API key", members(Role::admin).or_keys(Scope::keys_write), kWrite));
}

void add_audit(Rows& rows) {
  rows.push_back(endpoint<ListAudit>(Method::get, "/v1/audit", "audit.list", "The appliance's audit log",
                                     staff({auditor, security_officer})));
  rows.push_back(endpoint<ExportAudit>(Method::get, "/v1/audit/export", "audit.export", "The audit log with its proofs",
                                       staff({auditor, security_officer}), kBulk));
  rows.push_back(endpoint<GetAuditKeys>(
      Method::get, "/v1/audit/keys", "audit.keys.read", "Verifier keys and the latest checkpoint",
      staff({auditor, operator_, security_officer}).or_members(Role::viewer).or_keys(Scope::audit_read)));
  rows.push_back(endpoint<ListAudit>(Method::get, "/v1/orgs/{org}/audit", "org.audit.list", "The org's audit log",
                                     members(Role::admin).or_keys(Scope::audit_read)));
  rows.push_back(endpoint<ExportAudit>(Method::get, "/v1/orgs/{org}/audit/export", "org.audit.export",
                                       "The org's audit log with its proofs",
                                       members(Role::admin).or_keys(Scope::audit_read), kBulk));
}

void add_keys(Rows& rows) {
  rows.push_back(endpoint<ListKeys>(Method::get, "/v1/keys", "key.list", "Versions of the keys in the HSM",
                                    staff({auditor, security_officer})));
  rows.push_back(endpoint<StartRotation>(Method::post, "/v1/key-rotations", "key.rotation.start",
                                         "Rotate the platform, audit or backup key",
                                         staff({security_officer}).freshly(), kCreated));
  rows.push_back(endpoint<ListRotations>(Method::get, "/v1/key-rotations", "key.rotation.list", "All rotations",
                                         staff({auditor, security_officer})));
  rows.push_back(endpoint<GetRotation>(Method::get, "/v1/key-rotations/{rotation}", "key.rotation.read",
                                       "A rotation and its progress", staff({auditor, security_officer})));
  rows.push_back(endpoint<ChangeRotation>(Method::patch, "/v1/key-rotations/{rotation}", "key.rotation.update",
                                          "Pause a rotation, or let it go on", staff({security_officer}), kWrite));
  rows.push_back(endpoint<DestroyOldKeys>(Method::post, "/v1/key-rotations/{rotation}/destruction", "key.destroy",
                                          "Destroy the versions that a rotation has replaced",
                                          staff({security_officer}).freshly(), kWrite));
  rows.push_back(endpoint<ListCertificates>(Method::get, "/v1/key-rotations/{rotation}/certificates",
                                            "key.certificate.list", "A rotation's signed certificates",
                                            staff({auditor, security_officer})));
  rows.push_back(endpoint<ListDeletedOrgs>(Method::get, "/v1/shreds", "key.shred.list",
                                           "Deleted orgs, and whether they are shredded",
                                           staff({auditor, security_officer})));
  rows.push_back(endpoint<ShredNow>(Method::post, "/v1/shreds", "key.shred",
                                    "Shred all deleted orgs now: rotate the platform key and destroy the old one",
                                    staff({security_officer}).freshly(), kCreated));
}

void add_org_keys(Rows& rows) {
  rows.push_back(endpoint<GetOrgKey>(Method::get, "/v1/orgs/{org}/key", "org.key.read", "The org's key",
                                     staff({auditor, security_officer}).or_members(Role::owner)));
  rows.push_back(endpoint<RotateOrgKey>(Method::post, "/v1/orgs/{org}/key/rotations", "org.key.rotation.start",
                                        "Rotate the org's key",
                                        staff({security_officer}).or_members(Role::owner).freshly(), kCreated));
  rows.push_back(endpoint<ListRotations>(Method::get, "/v1/orgs/{org}/key/rotations", "org.key.rotation.list",
                                         "Rotations of the org's key",
                                         staff({auditor, security_officer}).or_members(Role::owner)));
  rows.push_back(endpoint<GetRotation>(Method::get, "/v1/orgs/{org}/key/rotations/{rotation}", "org.key.rotation.read",
                                       "A rotation of the org's key and its progress",
                                       staff({auditor, security_officer}).or_members(Role::owner)));
  rows.push_back(endpoint<ChangeRotation>(Method::patch, "/v1/orgs/{org}/key/rotations/{rotation}",
                                          "org.key.rotation.update", "Pause a rotation, or let it go on",
                                          staff({security_officer}).or_members(Role::owner), kWrite));
  rows.push_back(endpoint<DestroyOldKeys>(Method::post, "/v1/orgs/{org}/key/rotations/{rotation}/destruction",
                                          "org.key.destroy", "Destroy the versions that a rotation has replaced",
                                          staff({security_officer}).or_members(Role::owner).freshly(), kWrite));
  rows.push_back(endpoint<ListCertificates>(Method::get, "/v1/orgs/{org}/key/rotations/{rotation}/certificates",
                                            "org.key.certificate.list", "A rotation's signed certificates",
                                            staff({auditor, security_officer}).or_members(Role::owner)));
}

void add_reconciliation(Rows& rows) {
  rows.push_back(endpoint<ReconcileOrgKey>(Method::get, "/v1/orgs/{org}/key/reconciliation", "org.key.reconcile",
                                           "Openings of the org's seeds, compared with the audit log",
                                           staff({auditor, security_officer}).or_members(Role::owner), kBulk));
}

void add_key_import(Rows& rows) {
  rows.push_back(endpoint<CreateWrappingKey>(Method::post, "/v1/keys/wrapping-keys", "key.wrapping.create",
                                             "Make the next pair by which owners send keys of their own",
                                             staff({security_officer}).freshly(), kCreated));
  rows.push_back(endpoint<DestroyWrappingKey>(Method::del, "/v1/keys/wrapping-keys/{wrapping_version}",
                                              "key.wrapping.destroy", "Destroy a wrapping key",
                                              staff({security_officer}).freshly(), kWrite));
  rows.push_back(endpoint<GetWrappingCertificate>(Method::get, "/v1/keys/wrapping-certificate",
                                                  "key.wrapping.certificate.read",
                                                  "The certificate of a wrapping key, signed with the audit key",
                                                  staff({auditor, security_officer}).or_members(Role::owner)));
  rows.push_back(endpoint<ImportOrgKey>(Method::post, "/v1/orgs/{org}/key/imports", "org.key.import",
                                        "Go over to a key that the owner has made", members(Role::owner).freshly(),
                                        kCreated));
}

void add_customers_hsms(Rows& rows) {
  rows.push_back(endpoint<ListHsms>(Method::get, "/v1/hsms", "hsm.list", "The customers' HSMs",
                                    staff({auditor, operator_, security_officer})));
  rows.push_back(endpoint<ListOrgHsms>(Method::get, "/v1/orgs/{org}/key/hsms", "org.key.hsm.list",
                                       "HSMs that are open to the org",
                                       staff({auditor, security_officer}).or_members(Role::owner)));
  rows.push_back(endpoint<ConnectHsm>(Method::post, "/v1/orgs/{org}/key/hsm", "org.key.hsm.connect",
                                      "Move the org's key to its own HSM", members(Role::owner).freshly(), kCreated));
  rows.push_back(endpoint<DisconnectHsm>(Method::del, "/v1/orgs/{org}/key/hsm", "org.key.hsm.disconnect",
                                         "Move the org's key back to the appliance's HSM",
                                         members(Role::owner).freshly(), kWrite));
  rows.push_back(endpoint<CancelRotation>(Method::del, "/v1/orgs/{org}/key/rotations/{rotation}",
                                          "org.key.rotation.cancel", "Give a rotation up before it has moved anything",
                                          staff({security_officer}).or_members(Role::owner), kWrite));
}

Rows make_table() {
  Rows rows;
  add_public_rows(rows);
  add_logins(rows);
  add_staff(rows);
  add_approvals(rows);
  add_orgs(rows);
  add_members(rows);
  add_groups(rows);
  add_seeds_and_codes(rows);
  add_api_keys(rows);
  add_keys(rows);
  add_org_keys(rows);
  add_key_import(rows);
  add_reconciliation(rows);
  add_customers_hsms(rows);
  add_audit(rows);
  return rows;
}

}  // namespace

std::span<const Endpoint> endpoint_table() noexcept {
  static const Rows table = make_table();
  return table;
}

}  // namespace kaito::api
