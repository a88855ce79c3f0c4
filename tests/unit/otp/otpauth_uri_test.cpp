#include "appliance/otp/otpauth_uri.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import_vectors.hpp"

namespace kaito::otp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kSecret = "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

ImportedEntry parsed(const std::string& uri) {
  auto entry = parse_otpauth_uri(uri);
  EXPECT_TRUE(entry.has_value()) << uri << ": " << complaint(entry);
  return entry ? *std::move(entry) : ImportedEntry{};
}

std::string refusal(const std::string& uri) { return complaint(parse_otpauth_uri(uri)); }

TEST(OtpauthUri, ReadsWhatTheKeyUriFormatDescribes) {
  const auto entry = parsed("otpauth://totp/ACME%20Co:john.doe@email.com?" + kSecret +
                            "&issuer=ACME%20Co&algorithm=SHA256&digits=8&period=60");
  EXPECT_EQ(entry.issuer, "ACME Co");
  EXPECT_EQ(entry.account, "john.doe@email.com");
  EXPECT_EQ(entry.parameters, (Parameters{Type::totp, Algorithm::sha256, 8, 60}));
  EXPECT_EQ(kaito::as_text(entry.secret.expose_secret()), "12345678901234567890");
  EXPECT_THAT(entry.notes, IsEmpty());
}

TEST(OtpauthUri, DefaultsToSha1SixDigitsThirtySeconds) {
  EXPECT_EQ(parsed("otpauth://totp/x?" + kSecret).parameters, Parameters{});
  EXPECT_EQ(parsed("otpauth://totp/x?issuer=&digits=&" + kSecret).parameters, Parameters{});
}

TEST(OtpauthUri, FindsIssuerAndAccountInEveryFormOfTheLabel) {
  struct Row {
    const char *label, *issuer, *account;
  };
  for (const Row& row :
       {Row{"Issuer:account", "Issuer", "account"}, Row{"Issuer%3Aaccount", "Issuer", "account"},
        Row{"Issuer:%20account", "Issuer", "account"}, Row{"Issuer%3A%20account", "Issuer", "account"},
        Row{"Issuer: account", "Issuer", "account"}, Row{"account", "", "account"}, Row{"", "", ""},
        Row{":account", "", "account"}, Row{"Issuer:", "Issuer", ""}, Row{"Issuer:a%3Ab", "Issuer", "a:b"},
        Row{"a+b@x.org", "", "a+b@x.org"}, Row{"My Bank:Zo\xc3\xab", "My Bank", "Zo\xc3\xab"},
        Row{"%F0%9F%98%80%3Au", "\xf0\x9f\x98\x80", "u"}, Row{"AT%26T:x", "AT&T", "x"}, Row{"a%2Fb", "", "a/b"},
        Row{"C#:me", "C#", "me"}}) {
    const auto entry = parsed(std::string("otpauth://totp/") + row.label + "?" + kSecret);
    EXPECT_EQ(entry.issuer, row.issuer) << row.label;
    EXPECT_EQ(entry.account, row.account) << row.label;
  }
  EXPECT_EQ(parsed("otpauth://totp?" + kSecret).account, "");
}

TEST(OtpauthUri, LetsTheIssuerParameterWinAndSaysSo) {
  const auto entry = parsed("otpauth://totp/Old:me?" + kSecret + "&issuer=New");
  EXPECT_EQ(entry.issuer, "New");
  EXPECT_EQ(entry.account, "me");
  EXPECT_THAT(entry.notes, ElementsAre(HasSubstr("Old")));
}

TEST(OtpauthUri, TakesPlusForASpaceInParametersOnly) {
  const auto entry = parsed("otpauth://totp/a+b?issuer=Air+Canada&secret=GEZD+GNBV+GY3T+QOJQ+GEZD+GNBV+GY3T+QOJQ");
  EXPECT_EQ(entry.issuer, "Air Canada");
  EXPECT_EQ(entry.account, "a+b");
  EXPECT_EQ(entry.secret.size(), 20U);
}

TEST(OtpauthUri, TakesSchemeTypeAndNamesInAnyCase) {
  const auto entry = parsed("OTPAUTH://TOTP/x?SECRET=gezdgnbvgy3tqojqgezdgnbvgy3tqojq&Digits=7&Algorithm=HmacSHA512");
  EXPECT_EQ(entry.parameters, (Parameters{Type::totp, Algorithm::sha512, 7, 30}));
}

TEST(OtpauthUri, TakesPaddingEncodedOrNot) {
  EXPECT_EQ(parsed("otpauth://totp/x?secret=MZXW6YTBOI======").secret.size(), 6U);
  EXPECT_EQ(parsed("otpauth://totp/x?secret=MZXW6YTBOI%3D%3D%3D%3D%3D%3D").secret.size(), 6U);
}

TEST(OtpauthUri, NeedsACounterForHotp) {
  const auto entry = parsed("otpauth://hotp/x?" + kSecret + "&counter=9223372036854775807");
  EXPECT_EQ(entry.counter, 9223372036854775807U);
  EXPECT_EQ(entry.parameters.period, 0);
  EXPECT_EQ(refusal("otpauth://hotp/x?" + kSecret), "counter is missing, and hotp needs it");
  EXPECT_EQ(refusal("otpauth://hotp/x?" + kSecret + "&counter=9223372036854775808"), "counter is above 2^63 - 1");
  EXPECT_EQ(refusal("otpauth://hotp/x?" + kSecret + "&counter=-1"), "counter is not a whole number");
}

TEST(OtpauthUri, NotesWhatDoesNotApply) {
  EXPECT_THAT(parsed("otpauth://totp/x?counter=7&" + kSecret).notes, ElementsAre("counter ignored: totp has none"));
  EXPECT_THAT(parsed("otpauth://hotp/x?counter=7&period=60&" + kSecret).notes,
              ElementsAre("period ignored: hotp has none"));
}

TEST(OtpauthUri, NamesUnknownParametersUnlessTheyCouldBeSecrets) {
  EXPECT_THAT(parsed("otpauth://totp/x?" + kSecret + "&image=https%3A%2F%2Fx.org%2Fi.png&color=%23ff0000&lock").notes,
              ElementsAre("unknown parameters ignored: image, color, lock"));
  const auto entry = parsed("otpauth://totp/x?" + kSecret + "&KRSXG5DTMVRXEZLU=1");
  EXPECT_THAT(entry.notes, ElementsAre("unknown parameters ignored: (one with an unusual name)"));
}

TEST(OtpauthUri, RefusesAParameterThatAppearsTwice) {
  for (const auto* name : {"issuer", "algorithm", "digits", "period", "counter"})
    EXPECT_EQ(refusal(std::string("otpauth://totp/x?") + name + "=6&" + kSecret + "&" + name + "=6"),
              std::string(name) + " appears twice");
  EXPECT_EQ(refusal("otpauth://totp/x?" + kSecret + "&" + kSecret), "secret appears twice");
}

TEST(OtpauthUri, KnowsSteamInAllItsForms) {
  for (const auto* uri :
       {"otpauth://steam/Steam:x?", "otpauth://totp/Steam:x?encoder=steam&",
        "otpauth://totp/x?algorithm=STEAM&issuer=Steam&", "otpauth://totp/Steam:x?digits=5&period=30&algorithm=sha1&",
        "otpauth://totp/x?issuer=steam&digits=5&"})
    EXPECT_EQ(parsed(uri + kSecret).parameters, kSteamParameters) << uri;
  const auto plain = parsed("otpauth://totp/Steam:x?" + kSecret);
  EXPECT_EQ(plain.parameters, Parameters{});
  EXPECT_THAT(plain.notes, ElementsAre(HasSubstr("Steam")));
}

TEST(OtpauthUri, RefusesByNameWhatIsOutOfBounds) {
  const std::string uri = "otpauth://totp/x?" + kSecret;
  EXPECT_EQ(refusal(uri + "&digits=5"), "digits must be 6 to 8");
  EXPECT_EQ(refusal(uri + "&digits=9"), "digits must be 6 to 8");
  EXPECT_EQ(refusal(uri + "&digits=262"), "digits must be 6 to 8");
  EXPECT_EQ(refusal(uri + "&digits=six"), "digits is not a whole number");
  EXPECT_EQ(refusal(uri + "&digits=6.0"), "digits is not a whole number");
  EXPECT_EQ(refusal(uri + "&digits=%36"), "digits is not a whole number");
  EXPECT_EQ(refusal(uri + "&period=9"), "period must be 10 to 300 seconds");
  EXPECT_EQ(refusal(uri + "&period=65566"), "period must be 10 to 300 seconds");
  EXPECT_EQ(refusal(uri + "&period=99999999999999999999"), "period is not a whole number");
  EXPECT_EQ(refusal(uri + "&algorithm=MD5"), "algorithm MD5 is not supported");
  EXPECT_EQ(refusal(uri + "&encoder=morse"), "encoder morse is not supported");
  EXPECT_EQ(refusal("otpauth://yaotp/x?" + kSecret), "type yaotp is not supported");
  EXPECT_EQ(refusal("otpauth://totp/x"), "secret is missing");
  EXPECT_EQ(refusal("otpauth://totp/x?secret="), "secret is missing");
  EXPECT_EQ(refusal("otpauth://totp/x?secret=%ZZ"), "secret has a % that is not followed by two hex digits");
  EXPECT_EQ(refusal("otpauth://totp/x%2"), "account has a % that is not followed by two hex digits");
  EXPECT_EQ(refusal("https://example.org"), "uri does not start with otpauth://");
  EXPECT_EQ(refusal(""), "uri does not start with otpauth://");
  EXPECT_EQ(refusal("otpauth://"), "type of this entry is not supported");
}

TEST(OtpauthUri, NeverRepeatsASecretThatStandsInTheWrongPlace) {
  const std::string secret = "KRSXG5DTMVRXEZLUGEZDGNBV";
  for (const std::string& uri :
       {"otpauth://" + secret, "otpauth://totp/x?algorithm=" + secret, "otpauth://totp/x?encoder=" + secret,
        "otpauth://totp/x?digits=" + secret, "otpauth://totp/x?secret=" + secret + "1", secret,
        "otpauth://totp/x?" + secret, "otpauth://totp/x?" + secret + "=" + secret}) {
    const std::string said = refusal(uri);
    EXPECT_FALSE(said.empty()) << uri;
    EXPECT_EQ(said.find(secret.substr(0, 8)), std::string::npos) << said;
  }
}

TEST(OtpauthUri, RefusesNamesThatAreTooLongOrNotText) {
  const std::string long_name(257, 'a');
  EXPECT_EQ(refusal("otpauth://totp/" + long_name + "?" + kSecret), "account is longer than 256 bytes");
  EXPECT_EQ(refusal("otpauth://totp/x?issuer=" + long_name + "&" + kSecret), "issuer is longer than 256 bytes");
  EXPECT_EQ(parsed("otpauth://totp/" + long_name.substr(1) + "?" + kSecret).account.size(), 256U);
  for (const auto* bad : {"%00", "%0A", "%1B%5B31m", "%7F", "%C2%85"})
    EXPECT_EQ(refusal(std::string("otpauth://totp/a") + bad + "?" + kSecret), "account has control characters") << bad;
  for (const auto* bad : {"%FF", "%C0%AF", "%ED%A0%80", "%F4%90%80%80", "%E2%82", "%C3", "%80"})
    EXPECT_EQ(refusal(std::string("otpauth://totp/a") + bad + "?" + kSecret), "account is not UTF-8") << bad;
}

TEST(OtpauthUri, IsAtMost4096BytesLong) {
  std::string uri = "otpauth://totp/x?" + kSecret + "&image=";
  uri.append(kMaxUriBytes - uri.size(), 'i');
  EXPECT_TRUE(parse_otpauth_uri(uri).has_value());
  EXPECT_EQ(refusal(uri + "i"), "uri is longer than 4096 bytes");
}

TEST(OtpauthUri, WarnsOfAShortSecret) {
  EXPECT_THAT(parsed("otpauth://totp/x?secret=MZXW6YTBOI").notes, ElementsAre("short secret: 6 bytes"));
  EXPECT_THAT(parsed("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP").notes, IsEmpty());
}

}  // namespace
}  // namespace kaito::otp
