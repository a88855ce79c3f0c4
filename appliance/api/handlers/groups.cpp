#include "appliance/api/handlers/groups.hpp"

namespace kaito::api {
namespace {

using Membership = vault::Directory::Membership;

Task<Result<Done<Nothing>>> set_member(Services& services, Call<Nothing> call, Membership membership) {
  KAITO_CO_TRY(const GroupId group, call.path.id<GroupId>("group"));
  KAITO_CO_TRY(const MemberId member, call.path.id<MemberId>("member"));
  KAITO_CO_TRY(auto set, co_await services.directory.set_group_member(call.permit, group, member, membership));
  co_return done(std::move(set));
}

Task<Result<Done<Nothing>>> set_seed(Services& services, Call<Nothing> call, Membership membership) {
  KAITO_CO_TRY(const GroupId group, call.path.id<GroupId>("group"));
  KAITO_CO_TRY(const SeedId seed, call.path.id<SeedId>("seed"));
  KAITO_CO_TRY(auto set, co_await services.directory.set_group_seed(call.permit, group, seed, membership));
  co_return done(std::move(set));
}

}  // namespace

Task<Result<Done<GroupView>>> CreateGroup::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto group, co_await services.directory.create_group(call.permit, std::move(call.input.name.value)));
  co_return done<Output>(std::move(group), GroupView::of);
}

Task<Result<Done<ListGroups::Output>>> ListGroups::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto page,
               co_await services.directory.groups(call.permit, page_request(call.input.limit, call.input.cursor)));
  co_return done_listing<GroupView>(std::move(page));
}

Task<Result<Done<GetGroup::Output>>> GetGroup::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const GroupId id, call.path.id<GroupId>("group"));
  KAITO_CO_TRY(auto details, co_await services.directory.group(call.permit, id));
  co_return done<Output>(std::move(details), [](vault::GroupDetails found) {
    return Output{GroupView::of(found.group), std::move(found.members)};
  });
}

Task<Result<Done<GroupView>>> RenameGroup::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const GroupId id, call.path.id<GroupId>("group"));
  KAITO_CO_TRY(auto group, co_await services.directory.rename_group(call.permit, id, std::move(call.input.name.value)));
  co_return done<Output>(std::move(group), GroupView::of);
}

Task<Result<Done<Nothing>>> DeleteGroup::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const GroupId id, call.path.id<GroupId>("group"));
  KAITO_CO_TRY(auto removed, co_await services.directory.remove_group(call.permit, id));
  co_return done(std::move(removed));
}

Task<Result<Done<Nothing>>> AddGroupMember::process(Services& services, Call<Input> call) {
  return set_member(services, std::move(call), Membership::add);
}
Task<Result<Done<Nothing>>> RemoveGroupMember::process(Services& services, Call<Input> call) {
  return set_member(services, std::move(call), Membership::remove);
}
Task<Result<Done<Nothing>>> AddGroupSeed::process(Services& services, Call<Input> call) {
  return set_seed(services, std::move(call), Membership::add);
}
Task<Result<Done<Nothing>>> RemoveGroupSeed::process(Services& services, Call<Input> call) {
  return set_seed(services, std::move(call), Membership::remove);
}

}  // namespace kaito::api
