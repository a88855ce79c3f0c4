// Orgs, for staff; their own org, for members.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

using OrgName = Text<1, 128>;

struct CreateOrg {
  struct Input {
    static constexpr bool kFromQuery = false;
    OrgName name;
    Text<1, 128> owner_username;
  };
  struct Output {
    OrgView org;
    MemberView owner;
    ShownOnce invitation;  // the owner accepts with it, within 72 hours
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(CreateOrg::Input, (), (name, owner_username))
BOOST_DESCRIBE_STRUCT(CreateOrg::Output, (), (org, owner, invitation))

struct ListOrgs {
  using Input = PageQuery;
  using Output = Listing<OrgView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct GetOrg {
  using Input = Nothing;
  using Output = OrgView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct ChangeOrg {
  struct Input {
    static constexpr bool kFromQuery = false;
    std::optional<OrgName> name;
    // How long codes may go on after the HSM has last unwrapped their seed's key, in seconds; 0 asks it each time.
    std::optional<Number<std::uint32_t, 0, store::kMaxDekLease>> dek_lease_seconds;
  };
  using Output = OrgView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ChangeOrg::Input, (), (name, dek_lease_seconds))

struct DeleteOrg {
  struct Input {
    static constexpr bool kFromQuery = false;
    OrgName confirm_name;  // the org's name, so that nobody deletes the wrong one
  };
  using Output = Nothing;
  static Result<std::optional<quorum::ProtectedAction>> protected_action(Services& services, const Input& input,
                                                                         const PathParameters& path);
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(DeleteOrg::Input, (), (confirm_name))

}  // namespace kaito::api
