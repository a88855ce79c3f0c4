// An appliance with people on it: what most tests need before their own first step.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/scenario/people.hpp"
#include "tests/scenario/test_appliance.hpp"

namespace kaito::test {

// Rate limits are lifted unless the options say otherwise. Throws when a step fails.
struct Stage {
  explicit Stage(std::vector<std::string> options = {});

  TestAppliance appliance;
  SoftAuthenticator officer_key;
  cli::ApiClient officer;  // the first security officer, logged in
};

// An org whose owner is logged in.
struct OrgOnStage {
  static constexpr std::string_view kOwner = "owner@example.org";
  static constexpr std::string_view kPassword = "correct horse battery staple";

  OrgOnStage(Stage& stage, std::string_view name);
  [[nodiscard]] std::string path(std::string_view rest = "") const { return fmt::format("/v1/orgs/{}{}", id, rest); }

  std::string id;
  cli::ApiClient owner;
};

}  // namespace kaito::test
