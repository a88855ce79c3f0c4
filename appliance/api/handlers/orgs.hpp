// Orgs, for staff; their own org, for members.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

using OrgName = Text<1, 128>;
using LeaseSeconds = Number<std::uint32_t, 0, store::kMaxDekLease>;

// An org as a template describes it: all of it is made, or nothing.
struct NewOrgInput {
  static constexpr bool kFromQuery = false;
  OrgName name;
  Text<1, 128> owner_username;
  std::optional<Text<1, vault::kMaxDisplayName>> owner_display_name;
  std::optional<LeaseSeconds> dek_lease_seconds;  // as ChangeOrg has it
  std::optional<List<Text<1, 128>, 64>> groups;   // names
};
BOOST_DESCRIBE_STRUCT(NewOrgInput, (), (name, owner_username, owner_display_name, dek_lease_seconds, groups))

struct CreateOrg {
  using Input = NewOrgInput;
  struct Output {
    OrgView org;
    MemberView owner;
    std::vector<GroupView> groups;
    ShownOnce invitation;  // the owner accepts with it, within 72 hours
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(CreateOrg::Output, (), (org, owner, groups, invitation))

// What CreateOrg would make of the same body, with its errors; nothing is made.
struct CheckNewOrg {
  using Input = NewOrgInput;
  struct Output {
    std::string name;
    std::string owner_username;
    std::string owner_display_name;
    std::optional<std::uint32_t> dek_lease_seconds;  // absent: the appliance's
    std::vector<std::string> groups;
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(CheckNewOrg::Output, (), (name, owner_username, owner_display_name, dek_lease_seconds, groups))

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
    std::optional<LeaseSeconds> dek_lease_seconds;
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
