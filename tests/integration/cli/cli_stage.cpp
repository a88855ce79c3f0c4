#include "tests/integration/cli/cli_stage.hpp"

#include <boost/json/parse.hpp>
#include <fstream>

#include "appliance/base/invariant.hpp"
#include "tests/fakes/soft_authenticator/soft_fido_device.hpp"

namespace kaito::test {

std::unique_ptr<TestAppliance> CliStage::appliance;
std::unique_ptr<SoftAuthenticator> CliStage::officer_key;
std::unique_ptr<Person> CliStage::officer;
std::unique_ptr<Person> CliStage::owner;

Person::Person(const TestAppliance& appliance, std::string name) : home_(appliance.directory() / std::move(name)) {
  std::filesystem::create_directory(home_);
  environment = {{"HOME", home_.string()}, {"KAITO_URL", appliance.url()}, {"KAITO_CACERT", appliance.ca().string()}};
}

Ran Person::kaito(std::vector<std::string> words) {
  ScriptedTerminal terminal;
  terminal.typed = std::exchange(types, {});
  terminal.input = std::exchange(stdin_text, {});
  std::optional<SoftFidoDevice> device;
  if (key != nullptr) device.emplace(*key);
  cli::World world{.terminal = terminal,
                   .environment =
                       [this](const char* name) {
                         const auto found = environment.find(name);
                         return found == environment.end() ? std::string() : found->second;
                       },
                   .open_key = [&device](const std::string&) -> Result<fido_client::FidoDevice> {
                     if (!device) return fail(Code::not_found, "no security key found");
                     return fido_client::FidoDevice::open(device->path(), SoftFidoDevice::io());
                   }};
  const int exit_code = cli::run_kaito(std::move(words), world);
  prompts = terminal.prompts;
  return {exit_code, terminal.out, terminal.err};
}

boost::json::value Person::json(std::vector<std::string> words) {
  words.emplace_back("--json");
  const Ran ran = kaito(std::move(words));
  if (ran.exit_code != 0) fmt::print(stderr, "{}", ran.err);
  KAITO_INVARIANT(ran.exit_code == 0);
  return boost::json::parse(ran.out);
}

Ran Person::program(std::vector<std::string> words, const std::string& input) const {
  std::vector<std::string> arguments{"env"};
  for (const auto& [name, value] : environment) arguments.push_back(name + "=" + value);
  arguments.emplace_back(KAITO_PROGRAM);
  arguments.insert(arguments.end(), words.begin(), words.end());
  const Finished finished = run_program(arguments, input);
  return {finished.exit_code, finished.output, {}};
}

std::string Person::file(const std::string& name, std::string_view content) const {
  std::ofstream(home_ / name) << content;
  return (home_ / name).string();
}

void CliStage::SetUpTestSuite() {
  appliance = std::make_unique<TestAppliance>();
  officer_key = std::make_unique<SoftAuthenticator>();
  officer = std::make_unique<Person>(*appliance, "officer");
  owner = std::make_unique<Person>(*appliance, "owner");

  officer->key = officer_key.get();
  officer->json({"staff", "enrol", "--name", "ada", "--token-file", (appliance->data() / "setup-token").string()});
  officer->json({"staff", "login"});
  const auto made = officer->json({"org", "create", "Acme", "grace"});
  owner->types = {std::string(kOwnerPassword), std::string(kOwnerPassword)};
  owner->json({"accept-invitation", "grace", "--invitation-file",
               owner->file("invitation", made.at("invitation").as_string())});
}

void CliStage::TearDownTestSuite() {
  owner.reset();
  officer.reset();
  officer_key.reset();
  appliance.reset();
}

}  // namespace kaito::test
