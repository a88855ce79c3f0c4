// Everybody who can call, on two orgs that have one of everything: what the matrix of endpoints and roles is played
// with.
#pragma once

#include <chrono>
#include <set>

#include "appliance/api/access.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {

enum class CallerKind : std::uint8_t { anonymous, staff, member, api_key };

struct Caller {
  std::string name;
  CallerKind kind = CallerKind::anonymous;
  store::StaffRole staff_role{};
  store::MemberRole member_role{};
  std::set<auth::Scope> scopes{};
  cli::ApiClient client;
  // To log in again.
  SoftAuthenticator* key = nullptr;
  std::string org_name{};
  std::string username{};
  std::string password{};
  std::chrono::steady_clock::time_point logged_in{};

  [[nodiscard]] bool belongs_to_an_org() const noexcept {
    return kind == CallerKind::member || kind == CallerKind::api_key;
  }
};

// An org with one of everything. All members are in the group, which holds both seeds.
struct FurnishedOrg {
  FurnishedOrg(Stage& stage, std::string_view org_name);

  OrgOnStage org;  // its owner makes and looks at things; the callers have sessions of their own
  std::string name;
  std::string group;
  std::string totp_seed;
  std::string hotp_seed;
  std::string api_key;
  std::string rotation;  // of its key; done, the old version destroyed
  std::string subject;   // a viewer who has been invited: whom others act upon
  std::vector<Caller> callers;

  // All that the org's owner can see, but for what reading itself changes.
  std::string state();

 private:
  void add_members(Stage& stage);
  void add_api_keys(Stage& stage);
};

struct Cast {
  Cast();

  Stage stage;
  FurnishedOrg home;
  FurnishedOrg abroad;
  std::vector<SoftAuthenticator> staff_keys;
  std::vector<Caller> outsiders;  // anonymous and staff: of no org
  std::string staff_subject;      // a staff member whom others act upon
  std::string approval;           // that waits for signatures

  // Shows the caller's factors again.
  static void log_in(Caller& caller);
};

inline constexpr std::array kAllScopes{auth::Scope::codes_read,   auth::Scope::seeds_read,    auth::Scope::seeds_write,
                                       auth::Scope::members_read, auth::Scope::members_write, auth::Scope::groups_read,
                                       auth::Scope::groups_write, auth::Scope::audit_read,    auth::Scope::keys_write,
                                       auth::Scope::org_read};

}  // namespace kaito::test
