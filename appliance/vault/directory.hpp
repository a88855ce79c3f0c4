// Who belongs to an org, and which group holds which seeds.
#pragma once

#include <string>
#include <vector>

#include "appliance/auth/one_time_token.hpp"
#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/base/random.hpp"

namespace kaito::vault {

inline constexpr std::size_t kMaxDisplayName = 128;  // bytes

struct NewMember {
  std::string username;
  std::string display_name;  // empty: the user name
  store::MemberRole role = store::MemberRole::member;
};

struct InvitedMember {
  store::Member member;
  Token invitation;  // shown once, good for 72 h
};

struct MemberChange {
  std::optional<std::string> display_name;
  std::optional<store::MemberRole> role;
  std::optional<bool> disabled;
};

struct MemberDetails {
  store::Member member;
  std::vector<GroupId> groups;
};

struct GroupDetails {
  store::Group group;
  std::vector<MemberId> members;
};

// Nobody can act on a member above their own role, or give a role above it; admins therefore cannot touch owners. The
// last active owner can neither be removed, disabled nor lose the role (Code::conflict). API keys act as an admin.
// Another org's ids are Code::not_found. Thread-safe.
class Directory {
 public:
  Directory(store::Store& store, audit::Journal& journal, const Clock& clock, Random& random)
      : store_(store), journal_(journal), clock_(clock), random_(random) {}

  // Code::conflict when the user name is taken.
  Task<Result<auth::Recorded<InvitedMember>>> invite(const auth::Permit& permit, NewMember wanted);
  // A new invitation for a member who has not accepted, or who lost the password: the old password, sessions and
  // invitations end.
  Task<Result<auth::Recorded<InvitedMember>>> reinvite(const auth::Permit& permit, MemberId id);
  Task<Result<auth::Recorded<store::Page<store::Member>>>> members(const auth::Permit& permit, store::PageRequest page);
  Task<Result<auth::Recorded<MemberDetails>>> member(const auth::Permit& permit, MemberId id);
  // A change of role or a disabling ends the member's sessions in the same transaction (F40).
  Task<Result<auth::Recorded<store::Member>>> change_member(const auth::Permit& permit, MemberId id,
                                                            MemberChange change);
  Task<Result<auth::Recorded<void>>> remove_member(const auth::Permit& permit, MemberId id);

  Task<Result<auth::Recorded<store::Group>>> create_group(const auth::Permit& permit, std::string name);
  // All of the org's for admins and API keys without groups, else the caller's.
  Task<Result<auth::Recorded<store::Page<store::Group>>>> groups(const auth::Permit& permit, store::PageRequest page);
  Task<Result<auth::Recorded<GroupDetails>>> group(const auth::Permit& permit, GroupId id);
  Task<Result<auth::Recorded<store::Group>>> rename_group(const auth::Permit& permit, GroupId id, std::string name);
  Task<Result<auth::Recorded<void>>> remove_group(const auth::Permit& permit, GroupId id);

  enum class Membership : std::uint8_t { add, remove };
  Task<Result<auth::Recorded<void>>> set_group_member(const auth::Permit& permit, GroupId group, MemberId member,
                                                      Membership membership);
  Task<Result<auth::Recorded<void>>> set_group_seed(const auth::Permit& permit, GroupId group, SeedId seed,
                                                    Membership membership);

 private:
  store::Store& store_;
  audit::Journal& journal_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kaito::vault
