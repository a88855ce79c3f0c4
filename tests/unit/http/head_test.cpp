// The smuggling corpus (F71) and the path tricks (F52), byte for byte as a client would send them.
#include <gtest/gtest.h>

#include "appliance/http/head_guard.hpp"
#include "appliance/http/head_parser.hpp"
#include "appliance/http/head_scanner.hpp"

namespace kaito::http {

struct Case {
  std::string_view name;
  std::string_view bytes;
  std::uint16_t status;
  std::string_view reason;  // part of it; empty: any
};

void PrintTo(const Case& given, std::ostream* out) { *out << given.name; }

namespace {

struct Judged {
  std::uint16_t status = 0;  // 0: passed
  std::string_view reason;
};

// The way that a connection goes.
Judged judge(std::string_view bytes, RequestHead& head, const HeadPolicy& policy = {}) {
  HeadScanner scanner;
  const HeadScanner::State state = scanner.scan(bytes);
  if (state == HeadScanner::State::more) return {1, "incomplete"};
  if (state == HeadScanner::State::refused) return {scanner.refusal().status, scanner.refusal().reason};
  if (const auto refusal = parse_head(bytes.substr(0, scanner.size()), head)) return {refusal->status, refusal->reason};
  if (const auto refusal = check_head(head, policy)) return {refusal->status, refusal->reason};
  return {};
}

using namespace std::string_view_literals;

class RefusedHead : public testing::TestWithParam<Case> {};

TEST_P(RefusedHead, F71IsRefusedForItsReason) {
  RequestHead head;
  const Judged judged = judge(GetParam().bytes, head);
  EXPECT_EQ(judged.status, GetParam().status) << judged.reason;
  EXPECT_NE(judged.reason.find(GetParam().reason), std::string_view::npos) << judged.reason;
}

constexpr Case kRefused[] = {
    // Transfer-Encoding
    {"TeGzip", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"sv, 400, "Transfer-Encoding"},
    {"TeChunkedIdentity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n"sv, 400,
     "Transfer-Encoding"},
    {"TeGzipChunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"sv, 400, ""},
    {"TeXchunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"sv, 400, "Transfer-Encoding"},
    {"TeQuoted", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n"sv, 400, ""},
    {"TeEmpty", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n"sv, 400, ""},
    {"TeParameter", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n"sv, 400, ""},
    {"TeTwice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"sv, 400,
     ""},
    {"TeTwiceDifferent",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"sv, 400, ""},
    {"TeAndCl", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"sv, 400, ""},
    {"ClAndTe", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"sv, 400, ""},
    {"ClAndOddTe", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n"sv, 400, ""},
    {"TeInHttp10", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"sv, 400, "Transfer-Encoding"},
    {"TeSpaceBeforeColon", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n"sv, 400,
     "before a colon"},
    {"TeVerticalTab",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n"sv,
     400, "control"},
    {"TePlainChunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"sv, 411, "Content-Length"},
    // Content-Length
    {"ClList", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n"sv, 400, "Content-Length"},
    {"ClTwiceSame", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"sv, 400, ""},
    {"ClTwiceDifferent", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"sv, 400, ""},
    {"ClPlus", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n"sv, 400, ""},
    {"ClMinus", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"sv, 400, ""},
    {"ClHex", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n"sv, 400, ""},
    {"ClLeadingZero", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 05\r\n\r\n"sv, 400, "Content-Length"},
    {"ClEmpty", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"sv, 400, ""},
    {"ClTooLarge", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n"sv, 400, ""},
    {"ClSpaceInside", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\n"sv, 400, ""},
    {"ClOnGet", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"sv, 400, "method does not take"},
    {"ClOnHead", "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"sv, 400, "method does not take"},
    // Lines
    {"ObsFold", "GET / HTTP/1.1\r\nHost: a\r\nX-Y: 1\r\n 2\r\n\r\n"sv, 400, "folded"},
    {"ObsFoldTab", "GET / HTTP/1.1\r\nHost: a\r\nX-Y: 1\r\n\t2\r\n\r\n"sv, 400, "folded"},
    {"ObsFoldFirst", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"sv, 400, "folded"},
    {"BareLfEverywhere", "GET / HTTP/1.1\nHost: a\n\n"sv, 400, "CRLF"},
    {"BareLfInOneLine", "GET / HTTP/1.1\r\nHost: a\nX-Y: 1\r\n\r\n"sv, 400, "CRLF"},
    {"BareCr", "GET / HTTP/1.1\r\nHost: a\r\nX-Y: 1\rZ: 2\r\n\r\n"sv, 400, "control"},
    {"CrCrLf", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"sv, 400, "control"},
    {"Nul", "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"sv, 400, "control"},
    {"NonAscii", "GET / HTTP/1.1\r\nHost: a\r\nX-Y: \xc3\xa4\r\n\r\n"sv, 400, "non-ASCII"},
    {"Delete", "GET / HTTP/1.1\r\nHost: a\r\nX-Y: \x7f\r\n\r\n"sv, 400, "control"},
    {"NoColon", "GET / HTTP/1.1\r\nHost: a\r\nX-Y\r\n\r\n"sv, 400, "without a name"},
    {"NoName", "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n"sv, 400, "without a name"},
    {"TabBeforeColon", "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n"sv, 400, "before a colon"},
    {"SpaceInName", "GET / HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n"sv, 400, ""},
    {"LeadingEmptyLine", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "empty line"},
    {"LeadingSpace", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, ""},
    {"TwoSpaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, ""},
    {"TabInRequestLine", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, ""},
    {"TrailingSpaceInRequestLine", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"sv, 400, ""},
    {"NoTarget", "GET HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, ""},
    // Versions and methods
    {"Http09", "GET /\r\n\r\n"sv, 400, ""},
    {"Http10", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"sv, 505, "HTTP/1.1"},
    {"Http2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"sv, 505, ""},
    {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"sv, 505, ""},
    {"HttpLowerCase", "GET / http/1.1\r\nHost: a\r\n\r\n"sv, 400, ""},
    {"Connect", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 405, "never served"},
    {"Trace", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 405, "never served"},
    {"Upgrade", "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"sv, 400, "upgrade"},
    // Host
    {"NoHost", "GET / HTTP/1.1\r\n\r\n"sv, 400, "no Host"},
    {"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"sv, 400, "twice"},
    {"TwoSameHosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"sv, 400, "twice"},
    {"EmptyHost", "GET / HTTP/1.1\r\nHost:\r\n\r\n"sv, 400, "bad Host"},
    {"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"sv, 400, "bad Host"},
    {"HostWithUser", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"sv, 400, "bad Host"},
    {"HostList", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"sv, 400, "bad Host"},
    {"HostBadPort", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n"sv, 400, "bad Host"},
    // Fields that may be there once, or never
    {"TwoAuthorizations", "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nAuthorization: y\r\n\r\n"sv, 400, "twice"},
    {"TwoCookies", "GET / HTTP/1.1\r\nHost: a\r\nCookie: x=1\r\nCookie: y=2\r\n\r\n"sv, 400, "twice"},
    {"TwoContentTypes", "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n"sv, 400, "twice"},
    {"ContentEncoding", "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n"sv, 415, ""},
    {"UnknownExpect", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\n"sv, 417, ""},
    // Targets (F52)
    {"AbsoluteForm", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "absolute path"},
    {"AuthorityForm", "GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "absolute path"},
    {"AsteriskForm", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "absolute path"},
    {"Fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, ""},
    {"DotDot", "GET /v1/../admin HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "dot segment"},
    {"DotDotLast", "GET /v1/.. HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "dot segment"},
    {"Dot", "GET /./v1 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "dot segment"},
    {"EmptySegment", "GET /v1//orgs HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "empty path segment"},
    {"TwoSlashes", "GET // HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "empty path segment"},
    {"EncodedDot", "GET /v1/%2e%2e/admin HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "not allowed"},
    {"EncodedSlash", "GET /v1%2forgs HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "not allowed"},
    {"EncodedSlashUpper", "GET /v1%2Forgs HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "not allowed"},
    {"EncodedBackslash", "GET /v1/..%5c HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "not allowed"},
    {"EncodedPercent", "GET /v1/%252e HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "not allowed"},
    {"EncodedNul", "GET /v1/a%00 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "not allowed"},
    {"EncodedCrLf", "GET /v1/a%0d%0aX:1 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "not allowed"},
    {"EncodedLetter", "GET /%761/orgs HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "not allowed"},
    {"Backslash", "GET /v1\\orgs HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, ""},
    {"WrongPercent", "GET /v1/%zz HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "wrong percent"},
    {"CutPercent", "GET /v1/% HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "wrong percent"},
    {"CutPercentOne", "GET /v1/%2 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "wrong percent"},
    {"Angle", "GET /<script> HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, ""},
    {"QueryWrongPercent", "GET /v1?q=%g0 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "query"},
    {"QueryControl", "GET /v1?q=%0a HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "control character in its query"},
    {"QueryQuote", "GET /v1?q=\" HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, ""},
};

INSTANTIATE_TEST_SUITE_P(Corpus, RefusedHead, testing::ValuesIn(kRefused),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Head, PassesAnOrdinaryRequestWithItsParts) {
  RequestHead head;
  const Judged judged = judge(
      "POST /v1/seeds?dry_run=true HTTP/1.1\r\nHost: vault.example:8443\r\nAuthorization: Bearer kto_live_x\r\n"
      "content-type: application/json\r\nX-Own: 1\r\nContent-Length: 12\r\nConnection: keep-alive, close\r\n"
      "Expect: 100-Continue\r\n\r\n{\"a\": \"bcd\"}",
      head);
  ASSERT_EQ(judged.status, 0) << judged.reason;
  EXPECT_EQ(head.method, Method::post);
  EXPECT_EQ(head.path, "/v1/seeds");
  EXPECT_EQ(head.query, "dry_run=true");
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_EQ(head.header(HeaderName::authorization), "Bearer kto_live_x");
  EXPECT_EQ(head.header(HeaderName::content_type), "application/json");
  EXPECT_EQ(head.header("x-own"), "1");
  EXPECT_FALSE(head.header("x-other"));
  EXPECT_FALSE(head.has(HeaderName::cookie));
  EXPECT_FALSE(head.keep_alive);
  EXPECT_TRUE(head.expects_continue);
}

TEST(Head, PassesWhatBrowsersAndToolsSend) {
  for (const std::string_view bytes : {
           "GET / HTTP/1.1\r\nHost: [::1]:8443\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n"sv,
           "DELETE /v1/seeds/0190a000-0000-7000-8000-000000000000 HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"sv,
           "GET /v1/seeds?q=a%20b+c&limit=50 HTTP/1.1\r\nHost: a\r\nAccept: a/b\r\nAccept: c/d\r\n\r\n"sv,
           "GET /assets/app-1.2.3_x~y.js HTTP/1.1\r\nHost: a.b.c\r\nX-Tab: a\tb\r\n\r\n"sv,
           "POST /v1/x/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"sv,
           "GET /caf%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n"sv,
           "PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n"sv,
       }) {
    RequestHead head;
    EXPECT_EQ(judge(bytes, head).status, 0) << bytes << judge(bytes, head).reason;
  }
}

TEST(Head, RefusesAHostThatIsNotConfigured) {
  const HeadPolicy policy{{"vault.example", "::1"}};
  RequestHead own;
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: VAULT.example:8443\r\n\r\n", own, policy).status, 0);
  RequestHead address;
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", address, policy).status, 0);
  RequestHead other;
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", other, policy).status, 421);
}

TEST(Head, LimitsItsSizeItsTargetAndItsFields) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  RequestHead head;
  const std::string fits = start + "X: " + std::string(kMaxHead - start.size() - 7, 'x') + "\r\n\r\n";
  ASSERT_EQ(fits.size(), kMaxHead);
  EXPECT_EQ(judge(fits, head).status, 0);
  head.reset();
  EXPECT_EQ(judge(start + "X: " + std::string(kMaxHead, 'x') + "\r\n\r\n", head).status, 431);
  head.reset();
  EXPECT_EQ(judge("GET /" + std::string(kMaxTarget - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", head).status, 0);
  head.reset();
  EXPECT_EQ(judge("GET /" + std::string(kMaxTarget, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", head).status, 414);
  head.reset();
  EXPECT_EQ(judge("GET /" + std::string(2 * kMaxTarget, 'x'), head).status, 414) << "before the line ends";

  std::string many = start;
  for (std::size_t i = 1; i < RequestHead::kMaxFields; ++i) many += "X: 1\r\n";
  head.reset();
  EXPECT_EQ(judge(many + "\r\n", head).status, 0);
  head.reset();
  EXPECT_EQ(judge(many + "X: 1\r\n\r\n", head).status, 431);
}

TEST(Head, IsJudgedAlikeHoweverItArrives) {
  for (const Case& given : kRefused) {
    HeadScanner whole;
    const auto expected = whole.scan(given.bytes);
    HeadScanner trickled;
    auto state = HeadScanner::State::more;
    for (std::size_t size = 1; size <= given.bytes.size() && state == HeadScanner::State::more; ++size)
      state = trickled.scan(given.bytes.substr(0, size));
    EXPECT_EQ(state, expected) << given.name;
    EXPECT_EQ(trickled.size(), whole.size()) << given.name;
  }
}

TEST(Head, KeepsViewsIntoTheBytesOnly) {
  const std::string bytes = "GET /a?b HTTP/1.1\r\nHost: a\r\nX-Y:  z \r\n\r\n";
  RequestHead head;
  ASSERT_EQ(judge(bytes, head).status, 0);
  const auto inside = [&](std::string_view text) {
    return text.data() >= bytes.data() && text.data() + text.size() <= bytes.data() + bytes.size();
  };
  for (const HeaderField& field : head.fields()) EXPECT_TRUE(inside(field.name) && inside(field.value)) << field.name;
  EXPECT_TRUE(inside(head.target) && inside(head.path) && inside(head.query));
  EXPECT_EQ(head.header("x-y"), "z");
}

TEST(Refusal, CarriesTheCodeThatFitsItsStatus) {
  EXPECT_EQ((Refusal{400, "x"}.error().code), Code::invalid_request);
  EXPECT_EQ((Refusal{405, "x"}.error().code), Code::method_not_allowed);
  EXPECT_EQ((Refusal{413, "x"}.error().code), Code::payload_too_large);
  EXPECT_EQ((Refusal{415, "x"}.error().code), Code::unsupported_media_type);
  EXPECT_EQ((Refusal{431, "has much"}.error().reason), "has much");
}

}  // namespace
}  // namespace kaito::http
