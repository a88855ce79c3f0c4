// The operator's directory of customers' HSMs, and moving an org's key there as its owner would.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hsm/client/client_config.hpp"
#include "tests/integration/hsm/conformance/token_under_test.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {

class CustomersHsms {
 public:
  // What the appliance is to be started with.
  [[nodiscard]] std::vector<std::string> options(std::vector<std::string> more = {}) const;

  // Writes NAME.conf and lets the appliance read it. Returns once the org's owner is offered it.
  void open(const TestAppliance& appliance, OrgOnStage& org, const std::string& name, const hsm::ClientConfig& config,
            Milliseconds deadline = Seconds(5)) const;

 private:
  hsm::test::TemporaryDirectory directory_;
};

// The same through tests/fakes/p11fault: what the plan says happens in the worker from the next call on.
class FaultyHsm {
 public:
  explicit FaultyHsm(hsm::ClientConfig config);
  [[nodiscard]] const hsm::ClientConfig& config() const noexcept { return config_; }
  void plan(std::string_view plan) const;  // "" heals

 private:
  hsm::test::TemporaryDirectory directory_;
  hsm::ClientConfig config_;
};

// Starts a migration and waits for its end; the rotation as the API shows it. `key` empty: one is made.
boost::json::value connect_hsm(OrgOnStage& org, const std::string& hsm, const std::string& key = "");
boost::json::value disconnect_hsm(OrgOnStage& org);
boost::json::value wait_for_rotation(OrgOnStage& org, const boost::json::value& started);

}  // namespace kaito::test
