#include "provisioning/plan.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "provisioning/service_settings.hpp"

namespace kaito::provisioning {
namespace {

std::string plan_with(std::string_view more) {
  return fmt::format(R"({{"version":1,"host_names":["box.example"],"volume":{{"device":"/dev/vdb"}},)"
                     R"("recovery":{{"threshold":2,"shares":3,"directory":"/media/usb"}}{}}})",
                     more);
}

std::string refusal(std::string_view text) {
  const auto plan = parse_plan(text);
  if (plan) return "taken";
  EXPECT_EQ(plan.error().code, Code::configuration);
  return plan.error().detail;
}

TEST(Plan, TakesTheLeastThatAMachineNeeds) {
  const auto plan = parse_plan(plan_with(""));
  ASSERT_TRUE(plan) << plan.error().detail;
  EXPECT_TRUE(plan->hsm.embedded());
  EXPECT_EQ(plan->mode, UnlockMode::unattended);
  EXPECT_EQ(plan->tpm, TpmUse::if_present);
  EXPECT_EQ(plan->pcrs, std::vector<unsigned>{7});
}

TEST(Plan, ReadsWhatItWrites) {
  const auto plan = parse_plan(plan_with(
      R"(,"hsm":{"kind":"external","token_uri":"pkcs11:token=A","module":"/m.so","module_environment":["A=b"],"unlock":true},)"
      R"("fido2":{"threshold":2,"pin":false,"officers":[{"name":"ann","keys":["/dev/hidraw0"]},{"name":"bob","keys":[]}]},)"
      R"("mode":"attended","tls":{"csr_subject":"/CN=box"},"time":{"nts_servers":["nts.example"]},"tpm2":{"use":"none"})"));
  ASSERT_TRUE(plan) << plan.error().detail;
  const std::string text = boost::json::serialize(to_json(*plan));
  const auto again = parse_plan(text);
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(boost::json::serialize(to_json(*again)), text);
}

TEST(Plan, NamesAMemberThatItDoesNotKnow) {
  EXPECT_NE(refusal(plan_with(R"(,"recovry":{})")).find("recovry"), std::string::npos);
  EXPECT_NE(refusal(plan_with(R"(,"tpm2":{"use":"none","pcr":[7]})")).find("tpm2.pcr"), std::string::npos);
}

TEST(Plan, RefusesWhatIsNotJsonToTheLetter) {
  const std::string good = plan_with("");
  ASSERT_TRUE(parse_plan(good));
  // Each is the good plan but for one thing, so that nothing else refuses it.
  for (const std::string& text :
       {std::string(), "[" + good + "]", good.substr(0, good.size() - 1), good + "// comment", "/* comment */" + good,
        good + good, plan_with(R"(,"version":1)"), plan_with(R"(,"mode":'unattended')"),
        plan_with(R"(,"mode":"unattended",)"), plan_with(R"(,"tpm2":{"use":"none","use":"required"})"),
        plan_with(",\"mode\":\"un\xff\"")})
    EXPECT_NE(refusal(text).find("no JSON object"), std::string::npos) << text << ": " << refusal(text);
}

TEST(Plan, RefusesARegisterThatIsNamedTwice) {
  EXPECT_NE(refusal(plan_with(R"(,"tpm2":{"use":"required","pcrs":[7,11,7]})")).find("twice"), std::string::npos);
  EXPECT_EQ(refusal(plan_with(R"(,"tpm2":{"use":"required","pcrs":[11,7]})")), "taken");
}

TEST(Plan, RefusesASubjectOfWhichNoRequestCanBeMade) {
  for (const auto* subject : {"CN=box", "/", "/CN", "/CN=a//O=b", "/XX=box", "/C=Germany"})
    EXPECT_NE(refusal(plan_with(fmt::format(R"(,"tls":{{"csr_subject":"{}"}})", subject))).find("csr_subject"),
              std::string::npos)
        << subject;
  EXPECT_EQ(refusal(plan_with(R"(,"tls":{"csr_subject":"/C=DE/O=Box Ltd/CN=box"})")), "taken");
}

TEST(Plan, RefusesAnUnlockingKeyOnTheVolumeThatItUnlocks) {
  Plan plan = *parse_plan(plan_with(""));
  plan.hsm.unlock = true;
  ASSERT_FALSE(check(plan));
  EXPECT_NE(check(plan).error().detail.find("lies on the volume itself"), std::string::npos);
}

TEST(Plan, RefusesAnUnattendedBootThatNothingUnlocks) {
  EXPECT_NE(refusal(plan_with(R"(,"tpm2":{"use":"none"})")).find("unattended"), std::string::npos);
}

TEST(Plan, RefusesAPinInTheHsmsUri) {
  EXPECT_NE(refusal(plan_with(R"(,"hsm":{"kind":"external","token_uri":"pkcs11:token=A?pin-value=1234"})")).find("PIN"),
            std::string::npos);
}

TEST(Plan, RefusesWhatWouldBreakOutOfALineOfAnotherConfiguration) {
  EXPECT_NE(refusal(plan_with(R"(,"time":{"nts_servers":["a b"]})")), "taken");
  EXPECT_NE(refusal(plan_with(R"(,"hsm":{"kind":"external","token_uri":"pkcs11:\nport=1"})")), "taken");
}

TEST(ServiceSettings, ReplaceTheirOwnLinesAndKeepTheOthers) {
  const std::string before = "# a comment = kept\nport = 8443\nhost-name = \"old\"\n\nmodule=\"/old.so\"\n";
  EXPECT_EQ(with_settings(before, {{"host-name", {"a", "b"}}, {"module", {}}, {"data-dir", {"/d"}}}),
            "# a comment = kept\nport = 8443\n\nhost-name = [\"a\", \"b\"]\ndata-dir = \"/d\"\n");
}

}  // namespace
}  // namespace kaito::provisioning
