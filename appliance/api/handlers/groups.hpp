// Groups: who sees which seeds.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

struct GroupName {
  static constexpr bool kFromQuery = false;
  Text<1, 128> name;
};
BOOST_DESCRIBE_STRUCT(GroupName, (), (name))

struct CreateGroup {
  using Input = GroupName;
  using Output = GroupView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct ListGroups {
  using Input = PageQuery;
  using Output = Listing<GroupView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct GetGroup {
  using Input = Nothing;
  struct Output {
    GroupView group;
    std::vector<MemberId> members;
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(GetGroup::Output, (), (group, members))

struct RenameGroup {
  using Input = GroupName;
  using Output = GroupView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct DeleteGroup {
  using Input = Nothing;
  using Output = Nothing;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct AddGroupMember {
  using Input = Nothing;
  using Output = Nothing;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct RemoveGroupMember {
  using Input = Nothing;
  using Output = Nothing;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct AddGroupSeed {
  using Input = Nothing;
  using Output = Nothing;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct RemoveGroupSeed {
  using Input = Nothing;
  using Output = Nothing;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

}  // namespace kaito::api
