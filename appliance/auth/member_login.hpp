// Members log in with a password.
#pragma once

#include <string>

#include "appliance/auth/lockout.hpp"
#include "appliance/auth/password_hasher.hpp"
#include "appliance/auth/session.hpp"

namespace kaito::auth {

struct MemberCredentials {
  std::string org;       // its name
  std::string username;  // as typed
  Passphrase password;
};

// Thread-safe.
class MemberLogin {
 public:
  MemberLogin(store::Store& store, audit::Journal& journal, PasswordHasher& hasher, Sessions& sessions,
              const Clock& clock, const LockoutPolicy& policy = {});

  // One answer (Code::unauthenticated) at one cost (one argon2id, one transaction) for an unknown org, an unknown user,
  // an invited, disabled or locked account and a wrong password (F34, F41); the journal alone tells them apart, and
  // never holds a name that is no account's, since that may be a password typed into the wrong field. Success and
  // failure are decided inside the transaction, on the count as it is there (F33). Outer errors: invalid_request (a
  // name no account can have), rate_limited (too many logins are being checked).
  Task<Result<Recorded<IssuedSession>>> login(const Permit& permit, MemberCredentials credentials);

 private:
  store::Store& store_;
  audit::Journal& journal_;
  PasswordHasher& hasher_;
  Sessions& sessions_;
  const Clock& clock_;
  LockoutPolicy policy_;
};

}  // namespace kaito::auth
