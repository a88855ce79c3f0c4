#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/commands/hsm_report.hpp"
#include "hsm/client/find_worker.hpp"
#include "hsm/client/module_environment.hpp"
#include "hsm/client/one_shot.hpp"

namespace kaito::cli {
namespace {

struct DoctorOptions {
  std::string uri;
  std::string module;
  std::string module_arguments;
  std::vector<std::string> environment;
  std::string worker;
  std::optional<std::int64_t> seconds;
};

void declare_doctor(Arguments& arguments, DoctorOptions& options) {
  arguments.positional("URI", options.uri, "The token, pkcs11:token=LABEL?pin-source=file:/PATH");
  arguments.option("--module", options.module, "Its PKCS#11 module; otherwise those that p11-kit is configured with");
  arguments.option("--module-arguments", options.module_arguments, "What the module wants at C_Initialize (NSS does)");
  arguments.option("--module-environment", options.environment, "NAME=VALUE for the module; may be repeated");
  arguments.option("--hsm-worker", options.worker, "The kaito-hsm-worker program");
  arguments.option("--seconds", options.seconds, "How long to measure each speed, 1 to 60; 1 when not given");
  arguments.explain(
      "Works on this machine, without the appliance. Logs in once, with the PIN from the file that the URI\n"
      "names, and leaves nothing in the token. Exit code 12: the token lacks something that is needed;\n"
      "11: it gives wrong answers.");
}

Status doctor(Context& context, const DoctorOptions& options) {
  const std::int64_t seconds = options.seconds.value_or(1);
  if (seconds < 1 || seconds > 60) return fail(Code::usage, "--seconds must be 1 to 60");
  hsm::ClientConfig config;
  KAITO_TRY(config.worker, hsm::find_worker(options.worker));
  config.token_uri = options.uri;
  config.module = options.module;
  config.module_arguments = options.module_arguments;
  KAITO_TRY(config.environment, hsm::parse_environment(options.environment));
  config.start_deadline = Seconds(120);  // a smart card takes its time to make an RSA key
  KAITO_TRY(const hsm::TokenReport report, hsm::examine_token(config, Seconds(seconds)));
  context.show(to_json(report), describe(report));
  if (report.unfit.empty()) return {};
  const bool wrong =
      std::ranges::any_of(report.probes, [](const auto& probe) { return probe.finding == hsm::Finding::wrong; });
  return fail(wrong ? Code::hsm_key_rejected : Code::hsm_unsupported, report.unfit);
}

}  // namespace

void add_hsm_commands(CommandLine& line) {
  const auto group = line.group("hsm", "Hardware security modules: doctor");
  line.add<DoctorOptions>(group, "doctor", "Examine a PKCS#11 token: what it can do, how fast, and what follows",
                          &declare_doctor, &doctor);
}

}  // namespace kaito::cli
