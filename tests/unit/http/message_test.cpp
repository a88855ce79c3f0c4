#include <gtest/gtest.h>

#include <random>

#include "appliance/http/deadline_wheel.hpp"
#include "appliance/http/query.hpp"
#include "appliance/http/reply_head.hpp"
#include "appliance/http/workspace.hpp"

namespace kaito::http {
namespace {

std::string head_of(const Reply& reply, const ReplyContext& context) {
  std::array<std::uint8_t, kMaxReplyHead> out{};
  const std::size_t size = write_reply_head(out, reply, context);
  return std::string(as_text(ByteView(out).first(size)));
}

bool has_line(const std::string& head, const std::string& line) {
  return head.find("\r\n" + line + "\r\n") != std::string::npos;
}

TEST(ReplyHead, HoldsFramingDateAndSecurityHeaders) {
  const std::string head =
      head_of({.status = 201, .body = "{\"a\":1}"}, {.date = http_date(1'795'505'598), .request = {}});
  EXPECT_TRUE(head.starts_with("HTTP/1.1 201 Created\r\n"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_TRUE(has_line(head, "Date: Tue, 24 Nov 2026 07:33:18 GMT")) << head;
  EXPECT_TRUE(has_line(head, "Content-Length: 7"));
  EXPECT_TRUE(has_line(head, "Content-Type: application/json"));
  EXPECT_TRUE(has_line(head, "Cache-Control: no-store"));
  EXPECT_TRUE(has_line(head, "X-Content-Type-Options: nosniff"));
  EXPECT_TRUE(has_line(head, "Strict-Transport-Security: max-age=31536000"));
  EXPECT_EQ(head.find("Connection:"), std::string::npos);
  EXPECT_EQ(head.find("Server:"), std::string::npos);
}

TEST(ReplyHead, LetsTheReplyReplaceASecurityHeader) {
  const std::string head =
      head_of({.headers = {{"cache-control", "max-age=60"}, {"Retry-After", "3"}}}, {.date = "now"});
  EXPECT_TRUE(has_line(head, "cache-control: max-age=60"));
  EXPECT_EQ(head.find("no-store"), std::string::npos);
  EXPECT_TRUE(has_line(head, "Retry-After: 3"));
}

TEST(ReplyHead, SaysWhenTheConnectionCloses) {
  EXPECT_TRUE(has_line(head_of({}, {.date = "now", .keep_alive = false}), "Connection: close"));
}

TEST(ReplyHead, GivesNoLengthToAReplyThatHasNoBody) {
  EXPECT_EQ(head_of({.status = 204}, {.date = "now"}).find("Content-Length"), std::string::npos);
  EXPECT_TRUE(has_line(head_of({.status = 200}, {.date = "now"}), "Content-Length: 0"));
}

TEST(ReplyHeadDeathTest, F65EndsTheProcessRatherThanSplitTheReply) {
  EXPECT_DEATH(head_of({.headers = {{"Location", "/a\r\nSet-Cookie: x=1"}}}, {.date = "now"}), "");
}

TEST(HttpDate, FollowsTheCalendar) {
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 §5.6.7
  EXPECT_EQ(http_date(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(Query, DecodesNamesAndValues) {
  const auto query = Query::parse("q=a%20b+c&limit=50&empty=&flag&n=caf%C3%A9");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->get("q"), "a b c");
  EXPECT_EQ(query->get("limit"), "50");
  EXPECT_EQ(query->get("empty"), "");
  EXPECT_EQ(query->get("flag"), "");
  EXPECT_EQ(query->get("n"), "café");
  EXPECT_FALSE(query->get("none"));
  EXPECT_TRUE(Query::parse("")->parameters().empty());
}

TEST(Query, NamesTheParameterThatIsWrong) {
  EXPECT_EQ(Query::parse("a=1&a=2").error().field, "a");
  EXPECT_EQ(Query::parse("a=%ff").error().field, "a");
  EXPECT_EQ(Query::parse("a=%c0%80").error().field, "a") << "overlong";
  EXPECT_EQ(Query::parse("a=%ed%a0%80").error().field, "a") << "surrogate";
  EXPECT_EQ(Query::parse("a=%f4%90%80%80").error().field, "a") << "above U+10FFFF";
  EXPECT_EQ(Query::parse("a=%e2%82").error().field, "a") << "cut short";
  EXPECT_EQ(Query::parse("a=%00").error().field, "a");
  EXPECT_FALSE(Query::parse("=1"));
  EXPECT_FALSE(Query::parse("a=%4"));
  EXPECT_FALSE(Query::parse("a=%g1"));
  std::string many = "p0=1";
  for (int i = 1; i <= 32; ++i) many += fmt::format("&p{}=1", i);
  EXPECT_FALSE(Query::parse(many));
}

SteadyPoint at(int milliseconds) { return SteadyPoint{} + Milliseconds(milliseconds); }

struct Timed : Deadline {
  int due = 0;
  bool set = false;
};

TEST(DeadlineWheel, ReportsADeadlineOnceItHasPassedAndWithinATick) {
  DeadlineWheel wheel(at(0));
  Timed timed;
  wheel.set(timed, at(250));
  int reported = 0;
  for (int now = 0; now <= 1'000; now += 10) {
    wheel.turn(at(now), [&](Deadline&) { reported = now; });
    if (now < 250) EXPECT_EQ(reported, 0);
  }
  EXPECT_GE(reported, 250);
  EXPECT_LE(reported, 400);
}

TEST(DeadlineWheel, FollowsAModelThroughRandomSettings) {
  std::mt19937 random(7);
  DeadlineWheel wheel(at(0));
  std::vector<Timed> owners(50);
  for (int now = 0; now < 300'000; now += 50) {
    for (int i = 0; i < 3; ++i) {
      Timed& owner = owners[random() % owners.size()];
      owner.due = now + static_cast<int>(random() % (i == 0 ? 200'000 : 3'000));  // some beyond a whole round
      owner.set = true;
      wheel.set(owner, at(owner.due));
    }
    wheel.turn(at(now), [&](Deadline& deadline) {
      auto& owner = static_cast<Timed&>(deadline);
      EXPECT_TRUE(owner.set);
      EXPECT_LE(owner.due, now) << "early";
      owner.set = false;
    });
    for (const Timed& owner : owners)
      if (owner.set) ASSERT_GT(owner.due + 201, now) << "late";
  }
}

TEST(DeadlineWheel, ForgetsAnOwnerThatIsGone) {
  DeadlineWheel wheel(at(0));
  auto first = std::make_unique<Timed>();
  auto second = std::make_unique<Timed>();
  auto third = std::make_unique<Timed>();
  for (Timed* timed : {first.get(), second.get(), third.get()}) wheel.set(*timed, at(100));
  second.reset();
  int reported = 0;
  wheel.turn(at(500), [&](Deadline& deadline) {
    ++reported;
    if (&deadline == first.get()) third.reset();
    if (&deadline == third.get()) first.reset();  // while the wheel holds it
  });
  EXPECT_EQ(reported, 1);
}

TEST(Workspace, F81WipesWhatAClientSentAndWasAnswered) {
  Workspace space;
  const std::string_view sent = "GET / HTTP/1.1\r\nAuthorization: kto_live_secret\r\n\r\nGET /next";
  std::memcpy(space.in.data(), sent.data(), sent.size());
  std::memcpy(space.out.data(), "HTTP/1.1 200 OK 123456", 22);
  space.in_used = sent.size();
  space.out_used = 22;
  space.restart(sent.size() - 9);
  EXPECT_EQ(space.text(), "GET /next");
  const auto all = [](ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](auto byte) { return byte == 0; });
  };
  EXPECT_TRUE(all(ByteView(space.in).subspan(9, sent.size() - 9)));
  EXPECT_TRUE(all(ByteView(space.out).first(22)));
}

}  // namespace
}  // namespace kaito::http
