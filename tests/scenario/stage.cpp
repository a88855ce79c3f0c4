#include "tests/scenario/stage.hpp"

#include "tests/scenario/must.hpp"

namespace kaito::test {
namespace {

std::vector<std::string> with_lifted_limits(std::vector<std::string> options) {
  if (std::ranges::find(options, "--rate-scale") == options.end())
    options.insert(options.end(), {"--rate-scale", "100000"});
  return options;
}

}  // namespace

Stage::Stage(std::vector<std::string> options)
    : appliance(with_lifted_limits(std::move(options))), officer(appliance.client()) {
  must(enrol_staff(officer, officer_key, appliance.setup_token(), "officer"));
  must(login_staff(officer, officer_key));
}

OrgOnStage::OrgOnStage(Stage& stage, std::string_view name) : owner(stage.appliance.client()) {
  const MadeOrg made = must(make_org(stage.officer, name, kOwner));
  id = made.id;
  must(accept_invitation(owner, made.invitation, kOwner, kPassword));
}

}  // namespace kaito::test
