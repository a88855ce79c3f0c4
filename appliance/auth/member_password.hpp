// Members set their password: when they accept an invitation, and when they change it.
#pragma once

#include <string>

#include "appliance/auth/lockout.hpp"
#include "appliance/auth/one_time_token.hpp"
#include "appliance/auth/password_hasher.hpp"
#include "appliance/auth/session.hpp"

namespace kaito::auth {

// Thread-safe.
class MemberPassword {
 public:
  MemberPassword(store::Store& store, audit::Journal& journal, PasswordHasher& hasher, Sessions& sessions,
                 const Clock& clock, const LockoutPolicy& policy = {});

  // Makes an invited member active with the given password, logged in. The user name must be the invited one: a token
  // that went astray alone is not enough. Code::unauthenticated for a token that does not hold or another name,
  // invalid_request (field "password") for a password that the policy refuses; the token is then still good.
  Task<Result<Recorded<IssuedSession>>> accept_invitation(const Permit& permit, Token invitation, std::string username,
                                                          Passphrase password);

  // Ends every session of the member and gives a new one. A wrong old password is Code::unauthenticated and counts as a
  // failed login. invalid_request (field "new_password") as above.
  Task<Result<Recorded<IssuedSession>>> change(const Permit& permit, Passphrase old_password, Passphrase new_password);

 private:
  store::Store& store_;
  audit::Journal& journal_;
  PasswordHasher& hasher_;
  Sessions& sessions_;
  const Clock& clock_;
  LockoutPolicy policy_;
};

}  // namespace kaito::auth
