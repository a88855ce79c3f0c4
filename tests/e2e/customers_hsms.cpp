#include "tests/e2e/customers_hsms.hpp"

#include <poll.h>
#include <signal.h>

#include "appliance/base/file.hpp"
#include "tests/scenario/must.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

void pause() { ::poll(nullptr, 0, 10); }

bool is_offered(OrgOnStage& org, const std::string& name) {
  const auto listed = must(org.owner.call("GET", org.path("/key/hsms")));
  return std::ranges::any_of(listed.at("items").as_array(),
                             [&](const json::value& item) { return text_at(item, "/name") == name; });
}

}  // namespace

std::vector<std::string> CustomersHsms::options(std::vector<std::string> more) const {
  more.insert(more.end(), {"--hsm-connections", directory_.path().string()});
  return more;
}

void CustomersHsms::open(const TestAppliance& appliance, OrgOnStage& org, const std::string& name,
                         const hsm::ClientConfig& config, Milliseconds deadline) const {
  std::string text = fmt::format("token-uri = \"{}\"\nmodule = \"{}\"\norg = \"{}\"\ndeadline-ms = {}\n",
                                 config.token_uri, config.module.string(), org.id, deadline.count());
  std::string environment;
  for (const auto& [variable, value] : config.environment)
    environment += fmt::format("{}\"{}={}\"", environment.empty() ? "" : ", ", variable, value);
  if (!environment.empty()) text += fmt::format("module-environment = [{}]\n", environment);
  must(write_file_atomically(directory_.path() / (name + ".conf"), as_bytes(text)));
  appliance.kill(SIGHUP);
  while (!is_offered(org, name)) pause();
}

FaultyHsm::FaultyHsm(hsm::ClientConfig config) : config_(std::move(config)) {
  config_.environment.emplace("P11FAULT_MODULE", config_.module.string());
  config_.environment.emplace("P11FAULT_PLAN", (directory_.path() / "plan").string());
  config_.module = KAITO_P11FAULT;
  plan("");
}

void FaultyHsm::plan(std::string_view plan) const {
  must(write_file_atomically(directory_.path() / "plan", as_bytes(plan)));
}

json::value wait_for_rotation(OrgOnStage& org, const json::value& started) {
  const std::string path = org.path("/key/rotations/" + text_at(started, "/id"));
  for (;;) {
    auto rotation = must(org.owner.call("GET", path));
    if (text_at(rotation, "/state") != "running") return rotation;
    pause();
  }
}

json::value connect_hsm(OrgOnStage& org, const std::string& hsm, const std::string& key) {
  json::object body{{"hsm", hsm}};
  if (!key.empty()) body["key"] = key;
  return wait_for_rotation(org, must(org.owner.call("POST", org.path("/key/hsm"), body)));
}

json::value disconnect_hsm(OrgOnStage& org) {
  return wait_for_rotation(org, must(org.owner.call("DELETE", org.path("/key/hsm"))));
}

}  // namespace kaito::test
