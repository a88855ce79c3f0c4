// A database, a journal and the services of appliance/auth on a clock that the test moves.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "appliance/audit/record.hpp"
#include "appliance/auth/api_key.hpp"
#include "appliance/auth/authenticator.hpp"
#include "appliance/auth/member_login.hpp"
#include "appliance/auth/member_password.hpp"
#include "appliance/auth/one_time_token.hpp"
#include "appliance/auth/session.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/permit_for_test.hpp"

namespace kaito::auth {

inline constexpr std::string_view kPassword = "correct horse battery";

class AuthTest : public testing::Test {
 protected:
  AuthTest();
  ~AuthTest() override;

  // Rows, as the API's handlers would make them.
  store::Org add_org(std::string name);
  store::Member add_member(const store::Org& org, std::string username,
                           store::MemberRole role = store::MemberRole::member,
                           store::MemberState state = store::MemberState::active);
  store::Group add_group(const store::Org& org, std::string name);
  // A change outside of the services, recorded by the system.
  Status change(audit::Journal::Change apply);
  Status update(store::Member member);

  std::unique_ptr<store::Reader> snapshot();
  store::Member reload(const store::Member& member);
  // Waits until what the services wrote without waiting is there.
  void flush();

  static std::string text_of(const Token& token) { return std::string(as_text(token.expose_secret())); }
  Result<Principal> who(const Token& token);
  Result<Principal> who(std::string_view token);

  // A login with a permit of its own; drops the receipt.
  Task<Result<IssuedSession>> login(std::string org, std::string username, std::string_view password = kPassword);
  Result<IssuedSession> log_in(std::string org, std::string username, std::string_view password = kPassword);
  // Permit of a caller who shows this token.
  Permit permit_of(const Token& session, std::string_view action = "test.action");
  static Permit permit_of(const store::Member& member, std::string_view action = "test.action");

  std::vector<audit::Record> records();
  audit::Record last_record();
  // The value of the record's detail; empty when it has none.
  static std::string detail(const audit::Record& record, std::string_view key);
  // Whether the text stands anywhere in the database's files.
  bool stands_in_the_database(std::string_view text) const;

  test::ManualClock clock_;
  SystemRandom random_;
  std::filesystem::path folder_;

 private:
  struct NoLog final : LogSink {
    void write(LogLevel, std::string_view) override {}
  };
  NoLog sink_;
  Logger logger_{sink_, clock_};
  std::unique_ptr<audit::Journal> journal_owner_;  // ends after its store
  std::unique_ptr<store::Store> store_owner_;

 protected:
  store::Store& store_;
  audit::Journal& journal_;
  std::unique_ptr<PasswordHasher> hasher_;
  LockoutPolicy lockout_{.limit = 10};
  Sessions sessions_;
  ApiKeys keys_;
  MemberLogin login_;
  MemberPassword passwords_;
};

// The result inside, for tests that do not look at the difference between a recorded and an unrecorded refusal.
template <class T>
Result<T> flat(Result<Recorded<T>> outcome) {
  if (!outcome) return fail(std::move(outcome).error());
  return std::move(outcome->result);
}

template <class T>
Code code_of(const Result<T>& result) {
  return result ? Code::internal : result.error().code;
}

}  // namespace kaito::auth
