// Members of an org.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

using DisplayName = Text<1, vault::kMaxDisplayName>;

struct InvitationView {
  MemberView member;
  ShownOnce invitation;  // accepted within 72 hours
};
BOOST_DESCRIBE_STRUCT(InvitationView, (), (member, invitation))

struct InviteMember {
  struct Input {
    static constexpr bool kFromQuery = false;
    Text<1, 128> username;
    std::optional<DisplayName> display_name;
    store::MemberRole role = store::MemberRole::viewer;
  };
  using Output = InvitationView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(InviteMember::Input, (), (username, display_name, role))

struct ReinviteMember {
  using Input = Nothing;
  using Output = InvitationView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct ListMembers {
  using Input = PageQuery;
  using Output = Listing<MemberView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct GetMember {
  using Input = Nothing;
  struct Output {
    MemberView member;
    std::vector<GroupId> groups;
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(GetMember::Output, (), (member, groups))

struct ChangeMember {
  struct Input {
    static constexpr bool kFromQuery = false;
    std::optional<DisplayName> display_name;
    std::optional<store::MemberRole> role;
    std::optional<bool> disabled;
  };
  using Output = MemberView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ChangeMember::Input, (), (display_name, role, disabled))

struct RemoveMember {
  using Input = Nothing;
  using Output = Nothing;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct RevokeMemberSessions {
  using Input = Nothing;
  using Output = Nothing;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

}  // namespace kaito::api
