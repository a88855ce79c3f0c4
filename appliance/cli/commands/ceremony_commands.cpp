#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "appliance/base/file.hpp"
#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/printable.hpp"
#include "provisioning/transcript/reset_proof.hpp"
#include "provisioning/transcript/summary.hpp"
#include "provisioning/transcript/verification.hpp"

namespace kaito::cli {
namespace {

struct VerifyCeremonyArguments {
  std::string file;
  std::vector<std::string> keys;
  std::string ceremony;  // of a factory reset
};

void declare_verify_ceremony(Arguments& arguments, VerifyCeremonyArguments& options) {
  arguments.positional("FILE", options.file, "The transcript, /var/lib/kaito-boot/transcript.jsonl of the machine");
  arguments.option("--key", options.keys,
                   "Verifier key of the appliance's log (kaito audit keys), from another source than the file; may be "
                   "repeated");
  arguments.option("--ceremony", options.ceremony,
                   "For the proof of a factory reset: the transcript of the ceremony that it ended, which names the "
                   "officers' keys");
  arguments.explain("Works offline. Exit code 13: a line was altered, which is named, or another key signed.");
}

boost::json::object json_of(const provisioning::TranscriptReport& report) {
  boost::json::object object{{"verified", !report.chain.fault},
                             {"lines", static_cast<std::int64_t>(report.chain.lines.size())}};
  if (report.signer) {
    object["signed_by"] = report.signer->str();
    const auto summary = provisioning::summary_of(report.chain.lines);
    object["ceremony"] = summary.ceremony;
    object["host_name"] = summary.host_name;
    object["volume"] = summary.volume;
    object["begun"] = to_rfc3339(summary.begun);
    object["ended"] = to_rfc3339(summary.ended);
    boost::json::array steps;
    for (const auto& step : summary.steps) steps.emplace_back(step);
    object["steps"] = std::move(steps);
  }
  if (const auto& fault = report.chain.fault)
    object["fault"] = boost::json::object{{"line", static_cast<std::int64_t>(fault->line)},
                                          {"first_byte", static_cast<std::int64_t>(fault->first_byte)},
                                          {"end_byte", static_cast<std::int64_t>(fault->end_byte)},
                                          {"reason", fault->reason}};
  return object;
}

std::string describe_verified(const provisioning::TranscriptReport& report) {
  const auto summary = provisioning::summary_of(report.chain.lines);
  std::string text = fmt::format("ceremony   {}\n", printable(summary.ceremony));
  if (!summary.host_name.empty()) text += fmt::format("host       {}\n", printable(summary.host_name));
  text += fmt::format("volume     {}\nbegun      {}\nended      {}\n", printable(summary.volume),
                      to_rfc3339(summary.begun), to_rfc3339(summary.ended));
  if (!summary.steps.empty())
    text += fmt::format("steps      {}\n", printable(fmt::format("{}", fmt::join(summary.steps, ", "))));
  return text + fmt::format("{} lines, signed by {}\n", report.chain.lines.size(), report.signer->str());
}

boost::json::object json_of(const provisioning::ResetReport& report) {
  boost::json::array officers;
  for (const auto& officer : report.officers) officers.emplace_back(officer);
  boost::json::object object{{"verified", true},
                             {"ceremony", provisioning::kResetKind},
                             {"officers", std::move(officers)},
                             {"text", report.proof.text}};
  if (report.signer) object["signed_by"] = report.signer->str();
  return object;
}

std::string describe_verified(const provisioning::ResetReport& report) {
  std::string text = "ceremony   factory-reset\n";
  for (const auto& officer : report.officers) text += fmt::format("officer    {}\n", printable(officer));
  text += report.signer ? fmt::format("signed by {}\n", report.signer->str())
                        : std::string(
                              "not signed by the audit key, which did not answer: the officers' signatures and "
                              "nothing else vouch for it\n");
  return text + "what they signed for:\n" + report.proof.text;
}

Status verify_factory_reset(Context& context, const VerifyCeremonyArguments& options, std::string_view text,
                            std::span<const audit::VerifierKey> trusted) {
  if (options.ceremony.empty())
    return fail(Code::usage, "this is a factory reset's proof; --ceremony names the transcript of the ceremony before");
  KAITO_TRY(const std::string ceremony, read_file(options.ceremony, provisioning::kMaxTranscript));
  auto report = provisioning::verify_reset(text, ceremony, trusted);
  if (!report) return fail(std::move(report).error().within(options.file + " does not verify"));
  context.show(json_of(*report), describe_verified(*report));
  return {};
}

bool is_factory_reset(std::string_view text) {
  const auto chain = provisioning::read_transcript(text);
  return !chain.lines.empty() &&
         provisioning::fact(chain.lines.front().event.facts, "ceremony") == provisioning::kResetKind;
}

Status verify_ceremony(Context& context, const VerifyCeremonyArguments& options) {
  if (options.keys.empty()) return fail(Code::usage, "--key names the key that must have signed");
  std::vector<audit::VerifierKey> trusted;
  for (const auto& text : options.keys) {
    KAITO_TRY(auto key, audit::VerifierKey::parse(text));
    trusted.push_back(std::move(key));
  }
  KAITO_TRY(const std::string text, read_file(options.file, provisioning::kMaxTranscript));
  if (is_factory_reset(text)) return verify_factory_reset(context, options, text, trusted);
  const auto report = provisioning::verify_transcript(text, trusted);
  if (const auto& fault = report.chain.fault) {
    context.show(json_of(report), {});
    return fail(Error{.code = Code::integrity, .detail = options.file + " does not verify: " + describe(*fault)});
  }
  context.show(json_of(report), describe_verified(report));
  return {};
}

// What kaito-boot does, under the names of this program.
struct BootArguments {
  std::vector<std::string> rest;
};

void declare_boot(Arguments& arguments, BootArguments& options) { arguments.everything_else(options.rest); }

Result<std::filesystem::path> find_boot_program() {
  std::error_code ignored;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const auto& candidate :
       {here / "kaito-boot", here / "../boot/kaito-boot", std::filesystem::path("/usr/sbin/kaito-boot"),
        std::filesystem::path("/usr/libexec/kaito/kaito-boot")})
    if (std::filesystem::exists(candidate, ignored)) return candidate;
  return fail(Code::configuration, "kaito-boot is not installed here; these commands run on the appliance itself");
}

// Becomes kaito-boot; comes back only when it cannot.
Status become(Context& context, std::string_view command, const BootArguments& options) {
  if (::geteuid() != 0)
    return fail(Error{.code = Code::forbidden,
                      .detail = fmt::format("kaito-boot {} works on disks and the TPM: run it as root", command)});
  KAITO_TRY(const auto program, find_boot_program());
  std::vector<std::string> words{"kaito-boot", std::string(command)};
  // The others print nothing that would have a form in JSON, and know no such option.
  if (context.options().json && command == "status") words.emplace_back("--json");
  words.insert(words.end(), options.rest.begin(), options.rest.end());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  return fail(Code::configuration, fmt::format("{}: {}", program.string(), std::strerror(errno)));
}

}  // namespace

void add_ceremony_commands(CommandLine& line) {
  const auto ceremony = line.group("ceremony", "Provisioning of an appliance: run, status, verify");
  line.add<BootArguments>(
      ceremony, "run", "On the appliance, as root: hold the ceremony, or go on with it", &declare_boot,
      [](Context& context, const BootArguments& options) { return become(context, "ceremony", options); });
  line.add<BootArguments>(
      ceremony, "status", "On the appliance, as root: how far it is", &declare_boot,
      [](Context& context, const BootArguments& options) { return become(context, "status", options); });
  line.add<VerifyCeremonyArguments>(ceremony, "verify", "Verify a ceremony's transcript offline",
                                    &declare_verify_ceremony, &verify_ceremony);

  const auto boot =
      line.group("boot", "The encrypted volume of this appliance: unlock, status, mode, decommission, factory-reset");
  line.add<BootArguments>(
      boot, "unlock", "As root: open the volume and mount it", &declare_boot,
      [](Context& context, const BootArguments& options) { return become(context, "unlock", options); });
  line.add<BootArguments>(
      boot, "status", "As root: in which state the machine is", &declare_boot,
      [](Context& context, const BootArguments& options) { return become(context, "status", options); });
  line.add<BootArguments>(
      boot, "decommission", "As root: destroy the volume for ever, with a signed proof", &declare_boot,
      [](Context& context, const BootArguments& options) { return become(context, "decommission", options); });
  line.add<BootArguments>(
      boot, "factory-reset", "As root: destroy everything and begin anew, by a quorum of officers", &declare_boot,
      [](Context& context, const BootArguments& options) { return become(context, "factory-reset", options); });
  line.add<BootArguments>(
      boot, "mode", "As root: whether the machine unlocks itself or waits for people", &declare_boot,
      [](Context& context, const BootArguments& options) { return become(context, "mode", options); });
}

}  // namespace kaito::cli
