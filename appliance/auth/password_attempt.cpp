#include "appliance/auth/password_attempt.hpp"

namespace kaito::auth {

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::granted: return "granted";
    case Verdict::unknown_account: return "unknown account";
    case Verdict::inactive: return "inactive account";
    case Verdict::locked: return "locked account";
    case Verdict::wrong: return "wrong password";
    case Verdict::superseded: return "password changed meanwhile";
  }
  return {};
}

Task<Result<PasswordAttempt>> check_password_of(PasswordHasher& hasher, std::optional<store::Member> account,
                                                const Passphrase& password) {
  PasswordAttempt attempt{.account = std::move(account)};
  const bool has_password = attempt.account && !attempt.account->password_hash.empty();
  Future<Result<bool>> check = has_password ? hasher.verify(password.duplicate(), attempt.account->password_hash)
                                            : hasher.verify_dummy(password.duplicate());
  KAITO_CO_TRY(attempt.matches, co_await check);
  co_return attempt;
}

Result<JudgedAttempt> judge(store::Writer& writer, const PasswordAttempt& attempt, const LockoutPolicy& policy,
                            TimePoint now) {
  JudgedAttempt judged;
  if (!attempt.account) return judged;
  KAITO_TRY(std::optional<store::Member> member, writer.member(attempt.account->org, attempt.account->id));
  if (!member) return judged;
  judged.member = *std::move(member);

  store::Member& row = judged.member;
  if (row.state != store::MemberState::active) {
    judged.verdict = Verdict::inactive;
  } else if (is_locked(row, now)) {
    judged.verdict = Verdict::locked;
  } else if (row.password_hash != attempt.account->password_hash) {
    judged.verdict = Verdict::superseded;
  } else if (!attempt.matches) {
    judged.verdict = Verdict::wrong;
    count_failure(policy, row, now);
    KAITO_CHECK(writer.update(row));
  } else {
    judged.verdict = Verdict::granted;
    const bool had_failures = row.failed_logins != 0 || row.locked_until;
    clear_failures(row);
    if (had_failures) KAITO_CHECK(writer.update(row));
  }
  return judged;
}

}  // namespace kaito::auth
