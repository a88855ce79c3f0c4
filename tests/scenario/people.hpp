// Staff, orgs, members and API keys, made as their people would make them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "appliance/cli/api_client.hpp"
#include "tests/fakes/soft_authenticator/soft_authenticator.hpp"

namespace kaito::test {

// Enrols the first security officer's key with the set-up token, or another's with an enrolment token (`name` empty).
Status enrol_staff(cli::ApiClient& client, SoftAuthenticator& key, std::string_view token, std::string_view name);

// Logs in with the key; the client holds the session afterwards.
Status login_staff(cli::ApiClient& client, SoftAuthenticator& key);

struct MadeOrg {
  std::string id;
  std::string invitation;  // for the owner
};

// As staff.
Result<MadeOrg> make_org(cli::ApiClient& staff, std::string_view name, std::string_view owner);

// Sets the password and logs in; the client holds the session afterwards.
Status accept_invitation(cli::ApiClient& client, std::string_view invitation, std::string_view username,
                         std::string_view password);
Status login_member(cli::ApiClient& client, std::string_view org, std::string_view username, std::string_view password);

// Invites a member with the role and accepts with `password`; gives the member's id. `member` holds the session.
Result<std::string> make_member(cli::ApiClient& admin, cli::ApiClient& member, std::string_view org_id,
                                std::string_view username, std::string_view role, std::string_view password);

// An API key with the scopes; gives its token.
Result<std::string> make_api_key(cli::ApiClient& admin, std::string_view org_id,
                                 const std::vector<std::string>& scopes);

// Adds a seed from its otpauth URI; gives its id.
Result<std::string> add_seed(cli::ApiClient& client, std::string_view org_id, std::string_view uri);

}  // namespace kaito::test
