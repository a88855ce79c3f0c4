// Directory: groups.
#include "appliance/vault/directory.hpp"
#include "appliance/vault/directory_rules.hpp"
#include "appliance/vault/seed_access.hpp"

namespace kaito::vault {
namespace {

audit::Target group_target(const GroupId& id) { return {.kind = "group", .id = id.str()}; }

Error group_name_taken() {
  return Error{.code = Code::conflict, .field = "name", .reason = "belongs to another group already"};
}

// The store knows that names are unique; the caller is told in the API's words.
Status in_api_words(Status status) {
  if (!status && status.error().code == Code::conflict) return fail(group_name_taken());
  return status;
}

}  // namespace

Task<Result<auth::Recorded<store::Group>>> Directory::create_group(const auth::Permit& permit, std::string name) {
  KAITO_CO_TRY(const OrgId org, org_of(permit));
  const store::Group group{
      .id = GroupId::make(clock_, random_), .org = org, .name = std::move(name), .created_at = clock_.now()};
  audit::Event event = permit.event();
  event.targets.push_back(group_target(group.id));
  auto change = [&](store::Writer& writer, audit::Event&) { return in_api_words(writer.insert(group)); };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<store::Group>{group, std::move(receipt)};
}

Task<Result<auth::Recorded<store::Page<store::Group>>>> Directory::groups(const auth::Permit& permit,
                                                                          store::PageRequest page) {
  KAITO_CO_TRY(const OrgId org, org_of(permit));
  store::Page<store::Group> groups;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    if (const auto visible = permit.principal().visible_groups()) {
      for (const auto& id : *visible) {
        KAITO_CO_TRY(auto group, snapshot->group(org, id));
        if (group) groups.rows.push_back(*std::move(group));
      }
    } else {
      KAITO_CO_TRY(groups, snapshot->groups(org, page));
    }
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(permit.event()));
  co_return auth::Recorded<store::Page<store::Group>>{std::move(groups), std::move(receipt)};
}

Task<Result<auth::Recorded<GroupDetails>>> Directory::group(const auth::Permit& permit, GroupId id) {
  GroupDetails details;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(details.group, group_in_reach(*snapshot, permit, id));
    KAITO_CO_TRY(details.members, snapshot->members_of_group(id));
  }
  audit::Event event = permit.event();
  event.targets.push_back(group_target(id));
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(std::move(event)));
  co_return auth::Recorded<GroupDetails>{std::move(details), std::move(receipt)};
}

Task<Result<auth::Recorded<store::Group>>> Directory::rename_group(const auth::Permit& permit, GroupId id,
                                                                   std::string name) {
  store::Group group;
  audit::Event event = permit.event();
  event.targets.push_back(group_target(id));
  auto change = [&](store::Writer& writer, audit::Event& recorded) -> Status {
    KAITO_TRY(group, group_in_reach(writer, permit, id));
    group.name = name;
    recorded.details.push_back({.key = "changed", .value = "name"});
    return in_api_words(writer.update(group));
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<store::Group>{std::move(group), std::move(receipt)};
}

Task<Result<auth::Recorded<void>>> Directory::remove_group(const auth::Permit& permit, GroupId id) {
  audit::Event event = permit.event();
  event.targets.push_back(group_target(id));
  auto change = [&](store::Writer& writer, audit::Event&) -> Status {
    KAITO_TRY(const store::Group group, group_in_reach(writer, permit, id));
    return writer.remove_group(group.org, id);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<void>{{}, std::move(receipt)};
}

Task<Result<auth::Recorded<void>>> Directory::set_group_member(const auth::Permit& permit, GroupId group,
                                                               MemberId member, Membership membership) {
  audit::Event event = permit.event();
  event.targets = {group_target(group), {.kind = "member", .id = member.str()}};
  auto change = [&](store::Writer& writer, audit::Event&) -> Status {
    KAITO_CHECK(group_in_reach(writer, permit, group));
    KAITO_CHECK(member_in_reach(writer, permit, member));
    return membership == Membership::add ? writer.add_to_group(group, member) : writer.remove_from_group(group, member);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<void>{{}, std::move(receipt)};
}

Task<Result<auth::Recorded<void>>> Directory::set_group_seed(const auth::Permit& permit, GroupId group, SeedId seed,
                                                             Membership membership) {
  audit::Event event = permit.event();
  event.targets = {group_target(group), {.kind = "seed", .id = seed.str()}};
  auto change = [&](store::Writer& writer, audit::Event&) -> Status {
    KAITO_CHECK(group_in_reach(writer, permit, group));
    KAITO_CHECK(reachable_seed(writer, permit, seed));
    return membership == Membership::add ? writer.add_to_group(group, seed) : writer.remove_from_group(group, seed);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<void>{{}, std::move(receipt)};
}

}  // namespace kaito::vault
