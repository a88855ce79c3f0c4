#include <boost/json/serialize.hpp>

#include "tests/integration/cli/cli_stage.hpp"

namespace kaito::test {
namespace {

using ApprovalCommands = CliStage;

TEST_F(ApprovalCommands, AnOfficerProposesSignsThroughLibfido2AndCarriesOut) {
  ASSERT_EQ(officer->kaito({"org", "create", "Signed Away", "p"}).exit_code, 0);
  const auto proposed = officer->json({"approval", "propose", "org.delete", "--org", "Signed Away"});
  const std::string id(proposed.at("approval").at("id").as_string());
  EXPECT_NE(officer->kaito({"approval", "list"}).out.find("0 of 1"), std::string::npos);

  const Ran approved = officer->kaito({"approval", "approve", id});
  ASSERT_EQ(approved.exit_code, 0) << approved.err;
  EXPECT_NE(approved.err.find("\"Signed Away\""), std::string::npos) << "what is signed is shown";
  EXPECT_NE(approved.err.find("Touch the security key."), std::string::npos);
  EXPECT_EQ(officer->kaito({"approval", "approve", id}).exit_code, 6) << "signed already";
  EXPECT_NE(officer->kaito({"approval", "show", id}).out.find("action: org.delete"), std::string::npos);

  const Ran done = officer->kaito({"org", "delete", "Signed Away", "--org", "Signed Away", "--approval", id});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(done.err.find("was not used"), std::string::npos) << done.err;
  EXPECT_EQ(officer->json({"approval", "show", id}).at("approval").at("state"), "executed");
}

TEST_F(ApprovalCommands, SayThatAnApprovalWasNotUsedForWhatNeedsNone) {
  const auto proposed = officer->json({"approval", "propose", "staff.create", "--name", "noone", "--role", "auditor"});
  const std::string id(proposed.at("approval").at("id").as_string());
  const Ran done = officer->kaito({"org", "list", "--approval", id});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_NE(done.err.find(id + " was not used"), std::string::npos) << done.err;
  EXPECT_EQ(officer->kaito({"org", "list"}).err.find("was not used"), std::string::npos);
  ASSERT_EQ(officer->kaito({"approval", "cancel", id}).exit_code, 0);
}

TEST_F(ApprovalCommands, AnAuditorVerifiesOfflineAndAChangedTextIsFound) {
  const auto proposed = officer->json({"approval", "propose", "staff.create", "--name", "nobody", "--role", "auditor"});
  const std::string id(proposed.at("approval").at("id").as_string());
  const auto unsigned_report = boost::json::serialize(officer->json({"approval", "show", id}));
  EXPECT_EQ(officer->program({"approval", "verify", officer->file("unsigned.json", unsigned_report)}).exit_code, 13);
  ASSERT_EQ(officer->kaito({"approval", "approve", id}).exit_code, 0);
  auto report = officer->json({"approval", "show", id});
  const Ran good = officer->program({"approval", "verify", officer->file("a.json", boost::json::serialize(report))});
  EXPECT_EQ(good.exit_code, 0) << good.out;
  EXPECT_NE(good.out.find(std::string(report.at("evidence").at(0).at("evidence").as_string())), std::string::npos);
  std::string text(report.at("text").as_string());
  text.replace(text.find("nobody"), 6, "nobody2");
  report.as_object()["text"] = text;
  const Ran bad = officer->program({"approval", "verify", officer->file("b.json", boost::json::serialize(report))});
  EXPECT_EQ(bad.exit_code, 13) << bad.out;
  EXPECT_EQ(officer->kaito({"approval", "cancel", id}).exit_code, 0);
  EXPECT_EQ(officer->kaito({"approval", "cancel", id}).exit_code, 6);
}

TEST_F(ApprovalCommands, WhatIsNoIdIsToldBeforeAnythingIsSent) {
  EXPECT_EQ(officer->kaito({"approval", "show", "../staff"}).exit_code, 2);
  EXPECT_EQ(officer->kaito({"org", "list", "--approval", "x\r\nHost: y"}).exit_code, 2);
}

}  // namespace
}  // namespace kaito::test
