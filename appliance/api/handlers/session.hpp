// Members log in and out; everybody asks who they are.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

// The session cookie goes out as a header; the body says when it ends.
struct SessionReply {
  TimePoint expires_at;  // at the latest; earlier when idle
};
BOOST_DESCRIBE_STRUCT(SessionReply, (), (expires_at))

Done<SessionReply> done_session(const Services& services, auth::Recorded<auth::IssuedSession> issued);

struct LoginMember {
  struct Input {
    static constexpr bool kFromQuery = false;
    Text<1, 128> org;
    Text<1, 128> username;
    Passphrase password;
  };
  using Output = SessionReply;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(LoginMember::Input, (), (org, username, password))

struct AcceptInvitation {
  struct Input {
    static constexpr bool kFromQuery = false;
    Token invitation;
    Text<1, 128> username;
    Passphrase password;
  };
  using Output = SessionReply;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(AcceptInvitation::Input, (), (invitation, username, password))

struct ChangePassword {
  struct Input {
    static constexpr bool kFromQuery = false;
    Passphrase old_password;
    Passphrase new_password;
  };
  using Output = SessionReply;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ChangePassword::Input, (), (old_password, new_password))

struct Logout {
  using Input = Nothing;
  using Output = Nothing;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct WhoAmI {
  using Input = Nothing;
  struct Output {
    std::string_view kind;  // staff or member
    std::string id;
    std::string name;
    std::string_view role;
    std::optional<OrgId> org;
    TimePoint authenticated_at;
    TimePoint expires_at;
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(WhoAmI::Output, (), (kind, id, name, role, org, authenticated_at, expires_at))

}  // namespace kaito::api
