#include "appliance/vault/orgs.hpp"

#include <set>

#include "appliance/auth/username.hpp"
#include "appliance/keys/row_key.hpp"
#include "appliance/vault/seed_access.hpp"

namespace kaito::vault {
namespace {

constexpr KeyVersion kFirstKekVersion = 1;

Error org_name_taken() {
  return Error{.code = Code::conflict, .field = "name", .reason = "belongs to another org already"};
}

audit::Target org_target(const OrgId& id) { return {.kind = "org", .id = id.str()}; }

Status normalise(NewOrg& wanted) {
  auto username = auth::normalise_username(wanted.owner_username);
  if (!username) return fail_invalid("owner_username", username.error().reason);
  wanted.owner_username = *std::move(username);
  if (wanted.owner_display_name.empty()) wanted.owner_display_name = wanted.owner_username;
  std::set<std::string_view> names;
  for (const auto& name : wanted.groups)
    if (!names.insert(name).second) return fail_invalid("groups", "names one group twice");
  return {};
}

Status check_name_free(store::Reader& reader, const std::string& name) {
  KAITO_TRY(const auto taken, reader.org_by_name(name));
  if (taken) return fail(org_name_taken());
  return {};
}

}  // namespace

CreatedOrg Orgs::rows_of(NewOrg wanted) {
  const auto now = clock_.now();
  CreatedOrg rows;
  rows.org = {.id = OrgId::make(clock_, random_),
              .name = std::move(wanted.name),
              .created_at = now,
              .kek_version = kFirstKekVersion,
              .dek_lease = wanted.dek_lease};
  rows.owner = {.id = MemberId::make(clock_, random_),
                .org = rows.org.id,
                .username = std::move(wanted.owner_username),
                .display_name = std::move(wanted.owner_display_name),
                .role = store::MemberRole::owner,
                .state = store::MemberState::invited,
                .created_at = now};
  for (auto& name : wanted.groups)
    rows.groups.push_back(
        {.id = GroupId::make(clock_, random_), .org = rows.org.id, .name = std::move(name), .created_at = now});
  return rows;
}

Task<Result<auth::Recorded<NewOrg>>> Orgs::check(const auth::Permit& permit, NewOrg wanted) {
  KAITO_CO_CHECK(normalise(wanted));
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_CHECK(check_name_free(*snapshot, wanted.name));
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(permit.event()));
  co_return auth::Recorded<NewOrg>{std::move(wanted), std::move(receipt)};
}

Task<Result<auth::Recorded<CreatedOrg>>> Orgs::create(const auth::Permit& permit, NewOrg wanted) {
  KAITO_CO_CHECK(normalise(wanted));
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_CHECK(check_name_free(*snapshot, wanted.name));
  }
  CreatedOrg created = rows_of(std::move(wanted));
  auto invitation = auth::issue_one_time_token(store::OneTimePurpose::member_invitation, created.owner.id.bytes(),
                                               created.org.id, auth::kInvitationLife, clock_, random_);

  KAITO_CO_CHECK(co_await keys_.create(created.org.id, kFirstKekVersion));
  auto indexed = co_await sealer_.make_index_key(created.org);
  if (!indexed) {
    KAITO_CO_CHECK(keys_.remove(created.org.id));
    co_return fail(std::move(indexed).error());
  }
  audit::Event event = permit.event();
  event.org = created.org.id;
  event.targets.push_back(org_target(created.org.id));
  event.targets.push_back({.kind = "member", .id = created.owner.id.str()});
  for (const auto& group : created.groups) event.targets.push_back({.kind = "group", .id = group.id.str()});
  if (created.org.dek_lease)
    event.details.push_back({.key = "dek_lease", .value = std::to_string(*created.org.dek_lease)});
  auto change = [&](store::Writer& writer, audit::Event&) -> Status {
    KAITO_CHECK(check_name_free(writer, created.org.name));
    KAITO_CHECK(writer.insert(created.org));
    KAITO_CHECK(writer.insert(created.owner));
    for (const auto& group : created.groups) KAITO_CHECK(writer.insert(group));
    return writer.insert(invitation.row);
  };
  auto receipt = co_await journal_.commit(std::move(event), std::move(change));
  if (!receipt) {
    // After a failed commit the row may be there all the same, and a row without its key would be the worse outcome:
    // the blob stays, and drop_orphans() decides at the next start.
    if (receipt.error().code == Code::conflict) KAITO_CO_CHECK(keys_.remove(created.org.id));
    co_return fail(std::move(receipt).error());
  }
  created.invitation = std::move(invitation.token);
  co_return auth::Recorded<CreatedOrg>{std::move(created), *std::move(receipt)};
}

Task<Result<auth::Recorded<store::Page<store::Org>>>> Orgs::list(const auth::Permit& permit, store::PageRequest page) {
  store::Page<store::Org> orgs;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(orgs, snapshot->orgs(page));
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(permit.event()));
  co_return auth::Recorded<store::Page<store::Org>>{std::move(orgs), std::move(receipt)};
}

Task<Result<auth::Recorded<store::Org>>> Orgs::get(const auth::Permit& permit) {
  KAITO_CO_TRY(const OrgId id, org_of(permit));
  std::optional<store::Org> org;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(org, snapshot->org(id));
  }
  if (!org) co_return fail(Code::not_found, "no such org");
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(permit.event()));
  co_return auth::Recorded<store::Org>{*std::move(org), std::move(receipt)};
}

Task<Result<auth::Recorded<store::Org>>> Orgs::change(const auth::Permit& permit, OrgChange wanted) {
  KAITO_CO_TRY(const OrgId id, org_of(permit));
  store::Org changed;
  auto change = [&](store::Writer& writer, audit::Event& event) -> Status {
    KAITO_TRY(auto org, writer.org(id));
    if (!org) return fail(Code::not_found, "no such org");
    event.targets.push_back(org_target(id));
    if (wanted.name && *wanted.name != org->name) {
      KAITO_TRY(const auto taken, writer.org_by_name(*wanted.name));
      if (taken && taken->id != id) return fail(org_name_taken());
      org->name = *wanted.name;
      event.details.push_back({.key = "changed", .value = "name"});
    }
    if (wanted.dek_lease && wanted.dek_lease != org->dek_lease) {
      org->dek_lease = wanted.dek_lease;
      event.details.push_back({.key = "dek_lease", .value = std::to_string(*wanted.dek_lease)});
    }
    changed = *org;
    return writer.update(*org);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(permit.event(), std::move(change)));
  // A lease that was shortened ends now, not when its DEKs are asked for again.
  if (wanted.dek_lease) keys_.purge_leases(id);
  co_return auth::Recorded<store::Org>{std::move(changed), std::move(receipt)};
}

Task<Result<auth::Recorded<void>>> Orgs::remove(const auth::Permit& permit, std::string confirm_name) {
  KAITO_CO_TRY(const OrgId id, org_of(permit));
  auto change = [&](store::Writer& writer, audit::Event& event) -> Status {
    KAITO_TRY(const auto org, writer.org(id));
    if (!org) return fail(Code::not_found, "no such org");
    if (org->name != confirm_name) return fail_invalid("confirm_name", "is not the name of the org");
    event.targets.push_back(org_target(id));
    // Its KEK blobs are in older copies of the keyring, until a rotation of the platform KEK makes those worthless.
    return writer.remove_org({.org = id, .deleted_at = clock_.now(), .name = org->name});
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(permit.event(), std::move(change)));
  // The row is gone for good; a blob that could not be removed now is removed by drop_orphans() at the next start.
  if (auto removed = keys_.remove(id); !removed)
    log_.error("vault.org.key_left_behind", {{"org", id}, {"error", removed.error()}});
  co_return auth::Recorded<void>{{}, std::move(receipt)};
}

Result<std::size_t> Orgs::drop_orphans(store::Keyring& keyring) {
  KAITO_TRY(const auto snapshot, store_.snapshot());
  KAITO_TRY(const auto with_keys, keyring.orgs());
  std::size_t dropped = 0;
  for (const auto& id : with_keys) {
    if (id == keys::row_key_owner()) continue;
    const auto org = snapshot->org(id);
    // A row that was edited is there, and stops nobody else's.
    if (!org && org.error().code != Code::integrity) return fail(org.error());
    if (!org) log_.error("vault.org.edited", {{"org", id}, {"error", org.error()}});
    if (!org || *org) continue;
    KAITO_TRY(const bool deleted, snapshot->is_deleted_org(id));
    if (!deleted) {
      log_.warning("vault.keyring.orphan_kept",
                   {{"org", id},
                    {"advice", "left by a creation that was cut short, or the database is older than the keyring"}});
      continue;
    }
    KAITO_CHECK(keys_.remove(id));
    log_.warning("vault.keyring.orphan_removed", {{"org", id}});
    ++dropped;
  }
  return dropped;
}

}  // namespace kaito::vault
