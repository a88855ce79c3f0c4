// An attempt to show a member's password, decided inside the writer's transaction on the row as it is there: however
// many attempts are checked at once, each sees the count that the one before left (F33).
#pragma once

#include <string>
#include <string_view>

#include "appliance/auth/lockout.hpp"
#include "appliance/auth/password_hasher.hpp"
#include "appliance/store/store.hpp"

namespace kaito::auth {

// `account`: as it was when the password was checked; none when there is no such account.
struct PasswordAttempt {
  std::optional<store::Member> account;
  bool matches = false;
};

enum class Verdict : std::uint8_t {
  granted,
  unknown_account,
  inactive,    // invited or disabled
  locked,      // the password was not looked at
  wrong,       // counted
  superseded,  // another password was set meanwhile
};

// A stable word for the journal.
std::string_view to_string(Verdict verdict) noexcept;

// Checks the password at one cost, whether there is an account or not (F41). `account` may be any row.
Task<Result<PasswordAttempt>> check_password_of(PasswordHasher& hasher, std::optional<store::Member> account,
                                                const Passphrase& password);

struct JudgedAttempt {
  Verdict verdict = Verdict::unknown_account;
  store::Member member;  // as in this transaction; set when the account is still there
};

// Counts a wrong password; clears the count when granted. Writes the row when either changed it.
Result<JudgedAttempt> judge(store::Writer& writer, const PasswordAttempt& attempt, const LockoutPolicy& policy,
                            TimePoint now);

}  // namespace kaito::auth
