// Actions that two security officers sign for, over HTTPS against the built kaitod.
#include <gtest/gtest.h>

#include "tests/scenario/must.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

class Approval : public testing::Test {
 protected:
  // While there is one officer, that one adds the second alone.
  Approval() : second_(stage_.appliance.client()) {
    const json::object colleague{{"name", "second"}, {"role", "security_officer"}};
    const auto made = must(stage_.officer.call("POST", "/v1/staff", colleague));
    must(enrol_staff(second_, second_key_, text_at(made, "/token"), ""));
    must(login_staff(second_, second_key_));
    second_id_ = text_at(made, "/staff/id");
  }

  static std::string propose(cli::ApiClient& officer, const json::object& action) {
    return text_at(must(officer.call("POST", "/v1/approvals", action)), "/approval/id");
  }
  static Result<json::value> sign(cli::ApiClient& officer, SoftAuthenticator& key, const std::string& id) {
    KAITO_TRY(const auto found, officer.call("GET", "/v1/approvals/" + id));
    const auto* options = found.as_object().if_contains("options");
    if (options == nullptr) return fail(Code::conflict, "nothing to sign");
    KAITO_TRY(auto response, key.get_json(*options, officer.origin()));
    return officer.call("POST", "/v1/approvals/" + id + "/signatures", json::object{{"response", std::move(response)}});
  }
  std::string signed_by_both(const json::object& action) {
    std::string id = propose(stage_.officer, action);
    must(sign(stage_.officer, stage_.officer_key, id));
    must(sign(second_, second_key_, id));
    return id;
  }
  static Code refusal(const Result<json::value>& result) { return result ? Code::internal : result.error().code; }
  Result<json::value> delete_org(const OrgOnStage& org, std::string_view name, const std::string& approval) {
    stage_.officer.use_approval(approval);
    auto result = stage_.officer.call("DELETE", org.path(), json::object{{"confirm_name", name}});
    stage_.officer.use_approval("");
    return result;
  }

  Stage stage_{{"--officers-needed", "2", "--shred-delay-seconds", "2592000"}};
  SoftAuthenticator second_key_;
  cli::ApiClient second_;
  std::string second_id_;
};

TEST_F(Approval, C3AnOrgIsDeletedByTwoOfficersOnceAndByOneNever) {
  const OrgOnStage org(stage_, "Doomed");
  EXPECT_EQ(refusal(delete_org(org, "Doomed", "")), Code::approval_required);
  const std::string id = propose(stage_.officer, {{"action", "org.delete"}, {"org", org.id}});
  must(sign(stage_.officer, stage_.officer_key, id));
  EXPECT_EQ(refusal(delete_org(org, "Doomed", id)), Code::conflict);
  must(sign(second_, second_key_, id));
  EXPECT_EQ(refusal(delete_org(org, "Another", id)), Code::invalid_request) << "which uses nothing up";
  must(delete_org(org, "Doomed", id));
  EXPECT_EQ(text_at(must(second_.call("GET", "/v1/approvals/" + id)), "/approval/state"), "executed");
  EXPECT_NE(refusal(delete_org(org, "Doomed", id)), Code::internal);
}

TEST_F(Approval, ShreddingNamesTheDeletedOrgsAndNeedsTheSameOnesStillToWait) {
  const OrgOnStage first(stage_, "First");
  const OrgOnStage other(stage_, "Other");
  must(delete_org(first, "First", signed_by_both({{"action", "org.delete"}, {"org", first.id}})));
  const std::string stale = signed_by_both({{"action", "key.shred"}});
  EXPECT_NE(text_at(must(second_.call("GET", "/v1/approvals/" + stale)), "/text").find("\"First\""), std::string::npos);
  must(delete_org(other, "Other", signed_by_both({{"action", "org.delete"}, {"org", other.id}})));
  const auto shred = [this](const std::string& approval) {
    stage_.officer.use_approval(approval);
    return stage_.officer.call("POST", "/v1/shreds", json::object{});
  };
  EXPECT_EQ(refusal(shred("")), Code::approval_required);
  // A platform rotation shreds the orgs that wait, whatever it is asked for.
  EXPECT_EQ(refusal(stage_.officer.call("POST", "/v1/key-rotations",
                                        json::object{{"kind", "platform"}, {"destroy_old", false}})),
            Code::approval_required);
  EXPECT_EQ(refusal(shred(stale)), Code::conflict) << "one more org waits than was signed for";
  must(shred(signed_by_both({{"action", "key.shred"}})));
}

TEST_F(Approval, AnOfficerIsNeitherAddedNorInvitedNorDisabledByOneAlone) {
  const json::object third{{"name", "third"}, {"role", "security_officer"}};
  EXPECT_EQ(refusal(stage_.officer.call("POST", "/v1/staff", third)), Code::approval_required);
  EXPECT_EQ(refusal(stage_.officer.call("POST", "/v1/staff/" + second_id_ + "/enrolment", json::object{})),
            Code::approval_required);
  EXPECT_EQ(refusal(stage_.officer.call("PATCH", "/v1/staff/" + second_id_, json::object{{"disabled", true}})),
            Code::approval_required);
  const json::object destroying{{"kind", "platform"}, {"destroy_old", true}};
  EXPECT_EQ(refusal(stage_.officer.call("POST", "/v1/key-rotations", destroying)), Code::approval_required);
  // A colleague who signs nothing is no matter for two.
  must(stage_.officer.call("POST", "/v1/staff", json::object{{"name", "auditor"}, {"role", "auditor"}}));
  stage_.officer.use_approval(
      signed_by_both({{"action", "staff.create"}, {"name", "third"}, {"role", "security_officer"}}));
  EXPECT_FALSE(text_at(must(stage_.officer.call("POST", "/v1/staff", third)), "/token").empty());
}

TEST_F(Approval, AnEntryThatIsNoIdIsRefused) {
  const OrgOnStage org(stage_, "Kept");
  EXPECT_EQ(refusal(delete_org(org, "Kept", "none")), Code::invalid_request);
  EXPECT_EQ(refusal(delete_org(org, "Kept", "0193b0a0-0000-7000-8000-000000000001")), Code::not_found);
}

}  // namespace
}  // namespace kaito::test
