#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/audit/test_log.hpp"

namespace kaito::audit {
namespace {

using testing::HasSubstr;
using testing::Not;

RequestId request() { return RequestId(org_number(5).bytes()); }

std::string header_of(const http::Reply& reply, std::string_view name) {
  for (const auto& header : reply.headers)
    if (header.name == name) return header.value;
  return "";
}

static_assert(!std::is_default_constructible_v<Receipt>);
static_assert(!std::is_copy_constructible_v<Receipt>);
static_assert(!std::is_constructible_v<http::SealedReply, http::Reply>);

TEST(Replies, AreSealedByAReceipt) {
  TestLog log;
  auto receipt = sync_wait(log.journal->record(event_number(1)));
  ASSERT_TRUE(receipt);
  const auto sealed = Journal::seal({.status = 201, .body = "{}"}, *std::move(receipt));
  EXPECT_EQ(sealed.reply().status, 201);
  EXPECT_EQ(sealed.reply().body, "{}");
}

TEST(Replies, AProblemSaysWhatTheTableAndTheFieldSay) {
  const auto reply = Journal::problem(Error::invalid("period", "must be between 10 and 300"), request());
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.content_type, "application/problem+json");
  EXPECT_EQ(reply.body,
            R"({"type":"urn:kaito:problem:invalid-request","title":"The request is not valid","status":400,)"
            R"("detail":"period must be between 10 and 300","field":"period","request_id":")" +
                request().str() + R"("})");
  EXPECT_EQ(header_of(reply, "Retry-After"), "");
}

TEST(Replies, NoProblemTellsWhatIsForTheLog) {
  for (const CodeTraits& row : code_table()) {
    const auto reply = Journal::problem(fail(row.code, "C_Login: CKR_DEVICE_ERROR /var/lib").error(), request());
    EXPECT_THAT(reply.body, Not(HasSubstr("CKR"))) << row.slug;
    EXPECT_THAT(reply.body, Not(HasSubstr("/var"))) << row.slug;
    EXPECT_THAT(reply.body, HasSubstr("urn:kaito:problem:" + std::string(row.slug)));
    EXPECT_EQ(reply.status, row.http_status);
    EXPECT_EQ(header_of(reply, "Retry-After"), row.retry_after ? "5" : "") << row.slug;
    EXPECT_EQ(header_of(reply, "WWW-Authenticate").empty(), row.http_status != 401) << row.slug;
  }
}

TEST(Replies, ARefusalCanBearAFinerStatusAndAnotherWait) {
  const auto sealed =
      Journal::refuse(fail(Code::rate_limited, "").error(), RequestId(), {.status = 421, .retry_after = Seconds{60}});
  EXPECT_EQ(sealed.reply().status, 421);
  EXPECT_THAT(sealed.reply().body, HasSubstr(R"("status":421)"));
  EXPECT_THAT(sealed.reply().body, Not(HasSubstr("request_id")));
  EXPECT_EQ(header_of(sealed.reply(), "Retry-After"), "60");
}

TEST(Replies, F65AFieldThatAClientNamedCannotBreakTheBody) {
  const auto reply = Journal::problem(Error::invalid("/na\"me\r\n\x1b[0m", "is not known"), request());
  EXPECT_THAT(reply.body, Not(HasSubstr("\r")));
  EXPECT_THAT(reply.body, Not(HasSubstr("\x1b")));
  EXPECT_THAT(reply.body, HasSubstr(R"("field":"/na\"me\r\n\u001b[0m")"));
}

}  // namespace
}  // namespace kaito::audit
