#include <gtest/gtest.h>

#include "appliance/auth/session.hpp"

namespace kaito::auth {
namespace {

TEST(SessionCookie, S7IsHttpOnlySecureLaxAndTiedToTheHost) {
  EXPECT_EQ(session_cookie(Token::copy_of("kto_sess_x")),
            "__Host-kaito_session=kto_sess_x; Path=/; Secure; HttpOnly; SameSite=Lax");
  EXPECT_EQ(expired_session_cookie(), "__Host-kaito_session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
}

TEST(SessionCookie, IsFoundAmongOthers) {
  for (const std::string_view header : {"__Host-kaito_session=abc", "a=b; __Host-kaito_session=abc",
                                        "__Host-kaito_session=abc; a=b", "a=b;__Host-kaito_session=abc;c"}) {
    const auto token = session_token_in(header);
    ASSERT_TRUE(token) << header;
    EXPECT_EQ(token->value_or("none"), "abc") << header;
  }
}

TEST(SessionCookie, IsNotTakenFromACookieOfASimilarName) {
  for (const std::string_view header :
       {"", ";", "; ;", "__host-kaito_session=abc", "x__Host-kaito_session=abc", "__Host-kaito_session2=abc",
        "__Host-kaito_session", "a=__Host-kaito_session=abc"}) {
    const auto token = session_token_in(header);
    ASSERT_TRUE(token) << header;
    EXPECT_FALSE(token->has_value()) << header;
  }
}

TEST(SessionCookie, TwoOfThemAreRefused) {
  const auto token = session_token_in("__Host-kaito_session=abc; __Host-kaito_session=def");
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, Code::unauthenticated);
}

TEST(SessionPolicy, S7GoesDownToOneHourAndUpToSevenDays) {
  using std::chrono::hours;
  EXPECT_TRUE(SessionPolicy{}.check());
  EXPECT_TRUE((SessionPolicy{.idle = hours(1), .absolute = hours(1)}.check()));
  EXPECT_FALSE((SessionPolicy{.idle = Seconds(3599), .absolute = Seconds(3599)}.check()));
  EXPECT_FALSE((SessionPolicy{.absolute = hours(7 * 24) + Seconds(1)}.check()));
  EXPECT_FALSE((SessionPolicy{.idle = hours(2), .absolute = hours(1)}.check()));
  EXPECT_FALSE((SessionPolicy{.idle = Seconds(299)}.check()));
  EXPECT_FALSE((SessionPolicy{.fresh = Seconds(59)}.check()));
}

}  // namespace
}  // namespace kaito::auth
