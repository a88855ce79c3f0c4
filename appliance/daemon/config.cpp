#include "appliance/daemon/config.hpp"

#include <CLI/CLI.hpp>
#include <map>

#include "appliance/http/ip_address.hpp"
#include "appliance/store/records.hpp"

namespace kaito::daemon {
namespace {

constexpr std::string_view kUsage =
    "usage: kaitod setup [OPTIONS]   make the token, its keys, the database and the own CA; may be run again\n"
    "       kaitod run [OPTIONS]     serve\n"
    "       kaitod sign-transcript [OPTIONS]   sign the ceremony's transcript on stdin, for kaito-boot\n"
    "       kaitod accept-rows [OPTIONS]   take the database's rows as they are, after the alarm that some were "
    "altered\n"
    "       kaitod inventory [OPTIONS]   how many orgs and seeds there are, for kaito-boot\n"
    "       kaitod version\n"
    "\n"
    "kaitod run --help lists the options; each may also stand in the file that --config names.\n";

void add_options(CLI::App& app, Config& config) {
  app.set_config("--config", "", "Configuration file: option = value, one a line");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_option("--data-dir", config.data_dir, "Where everything is kept")->required();
  app.add_option("--address", config.address, "Address to listen on")->capture_default_str();
  app.add_option("--port", config.port, "Port; 0 lets the kernel choose")->capture_default_str();
  app.add_option("--host-name", config.host_names,
                 "Name clients use; the first is the WebAuthn RP ID and cannot change once staff keys are enrolled")
      ->capture_default_str();
  app.add_option("--origin", config.origins, "Origin of the web console; default: https://NAME:PORT");
  app.add_option("--tls-chain", config.tls_chain, "PEM chain of your certificate; default: the own CA's");
  app.add_option("--tls-key", config.tls_key, "PEM key of your certificate");
  app.add_option("--io-threads", config.io_threads, "I/O threads; 0: one a processor")->check(CLI::Range(0, 256));
  app.add_option("--trusted-proxy", config.trusted_proxies, "Network whose X-Forwarded-For is believed");
  app.add_option("--drain-seconds", config.drain_seconds, "How long requests in flight may take at the end")
      ->check(CLI::Range(0, 600));
  app.add_option("--rate-scale", config.rate_scale, "Multiplies every rate limit")->check(CLI::Range(0.01, 100000.0));
  app.add_option("--metrics-address", config.metrics_address,
                 "HOST:PORT for GET /metrics by plain HTTP, on loopback: 127.0.0.1:9464; default: none");
  app.add_flag("--metrics-from-anywhere", config.metrics_from_anywhere,
               "Let the metrics' host be another than loopback: whoever reaches it reads them");
  app.add_option("--hsm-worker", config.hsm_worker, "The kaito-hsm-worker program");
  app.add_option("--token-uri", config.token_uri, "RFC 7512 URI of an external token, with pin-source=file:");
  app.add_option("--module", config.module, "PKCS#11 module of the external token");
  app.add_option("--module-arguments", config.module_arguments, "What the module wants at C_Initialize (NSS does)");
  app.add_option("--module-environment", config.module_environment,
                 "NAME=VALUE for the module, which finds nothing else in its environment; may be repeated");
  app.add_option("--hsm-deadline-ms", config.hsm_deadline_ms, "How long an HSM call may take")
      ->check(CLI::Range(100, 60000));
  app.add_option("--hsm-connections", config.hsm_connections,
                 "Directory of files NAME.conf, each a customer's HSM; read again at SIGHUP");
  app.add_option("--dek-lease-seconds", config.dek_lease_seconds,
                 "How long codes may go on after the HSM last unwrapped their seed's key; 0 asks it each time")
      ->check(CLI::Range(0U, store::kMaxDekLease));
  app.add_option("--rotation-rate", config.rotation_rate, "Keys that a rotation wraps anew in a second; 0: no limit");
  app.add_option("--key-max-age-days", config.key_max_age_days, "Age at which a key is rotated; 0: never by age")
      ->check(CLI::Range(0, 36500));
  app.add_option("--key-max-wraps", config.key_max_wraps, "Encryptions after which an org's key is rotated")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 31));
  app.add_flag("--destroy-old-keys,!--keep-old-keys", config.destroy_old_keys,
               "Destroy old versions as the last step of a rotation; without it that is a step of its own");
  app.add_option("--shred-delay-seconds", config.shred_delay_seconds,
                 "How long deletions of orgs are gathered for one rotation of the platform key")
      ->check(CLI::Range(0, 30 * 24 * 3600));
  app.add_option("--escrow-dir", config.escrow, "Existing directory for one more copy of the keyring");
  app.add_option("--staff-attestation-roots", config.staff_attestation_roots,
                 "PEM file: makers whose FIDO2 keys staff may use; without it any key is taken");
  app.add_option("--officers-needed", config.officers_needed,
                 "Security officers who have to sign for a protected action with their keys; 1: whoever does it")
      ->check(CLI::Range(1, 16));
  app.add_option("--session-idle-minutes", config.session_idle_minutes, "A session ends when idle this long");
  app.add_option("--session-absolute-hours", config.session_absolute_hours, "A session ends at the latest");
  app.add_option("--password-threads", config.password_threads, "Passwords checked at once, 64 MiB each")
      ->check(CLI::Range(1, 64));
  app.add_option("--max-time-uncertainty-ms", config.max_time_uncertainty_ms,
                 "Give no codes while the kernel says that the clock may be off by more, or does not know; 0: always")
      ->check(CLI::Range(0, 16'000));
  app.add_option("--max-time-jump-ms", config.max_time_jump_ms, "A wall clock that is set by more raises an alarm")
      ->check(CLI::Range(100, 3'600'000));
  app.add_option("--checkpoint-seconds", config.checkpoint_seconds, "Between two signed audit checkpoints")
      ->check(CLI::Range(1, 3600));
  app.add_flag("--serve-altered-rows", config.serve_altered_rows,
               "Serve although rows were put back or removed outside the appliance: the alarm alone");
  app.add_option("--log-level", config.log_level, "debug, info, warning or error")
      ->transform(CLI::CheckedTransformer(std::map<std::string, LogLevel>{{"debug", LogLevel::debug},
                                                                          {"info", LogLevel::info},
                                                                          {"warning", LogLevel::warning},
                                                                          {"error", LogLevel::error}}));
}

// 127.0.0.0/8 or ::1, by number: a name may lead elsewhere.
bool is_loopback(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return false;
  const std::string host = address.substr(0, colon);
  if (host == "[::1]") return true;
  const auto parsed = http::IpAddress::parse(host);
  return parsed && host.starts_with("127.");
}

Status check(const Config& config) {
  if (config.host_names.empty() || config.host_names.front().empty())
    return fail(Code::configuration, "host-name must not be empty");
  if (!config.metrics_address.empty() && !config.metrics_from_anywhere && !is_loopback(config.metrics_address))
    return fail(Code::configuration, "metrics-address must be on loopback, unless metrics-from-anywhere is set");
  if (config.tls_chain.empty() != config.tls_key.empty())
    return fail(Code::configuration, "tls-chain and tls-key go together");
  if (config.token_uri.empty() &&
      !(config.module.empty() && config.module_arguments.empty() && config.module_environment.empty()))
    return fail(Code::configuration, "module, module-arguments and module-environment go with token-uri");
  if (config.module.empty() && !config.module_arguments.empty())
    return fail(Code::configuration, "module-arguments go with module");
  return {};
}

}  // namespace

Result<CommandLine> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  const std::string_view verb = argc > 1 ? argv[1] : "help";
  if (verb == "version" || verb == "--version") {
    line.verb = Verb::version;
    return line;
  }
  if (verb == "help" || verb == "--help" || verb == "-h") {
    line.text = kUsage;
    return line;
  }
  if (verb == "setup")
    line.verb = Verb::setup;
  else if (verb == "run")
    line.verb = Verb::run;
  else if (verb == "sign-transcript")
    line.verb = Verb::sign_transcript;
  else if (verb == "accept-rows")
    line.verb = Verb::accept_rows;
  else if (verb == "inventory")
    line.verb = Verb::inventory;
  else
    return fail(Code::usage, fmt::format("there is no verb '{}'; kaitod help lists them", verb));

  CLI::App app("Kaito Appliance daemon", "kaitod " + std::string(verb));
  add_options(app, line.config);
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::CallForHelp&) {
    line.verb = Verb::help;
    line.text = app.help();
    return line;
  } catch (const CLI::FileError& error) {
    return fail(Code::configuration, error.what());
  } catch (const CLI::ConfigError& error) {
    return fail(Code::configuration, error.what());
  } catch (const CLI::ParseError& error) {
    return fail(Code::usage, error.what());
  }
  KAITO_CHECK(check(line.config));
  return line;
}

}  // namespace kaito::daemon
