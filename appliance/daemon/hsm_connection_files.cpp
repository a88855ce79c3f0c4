#include "appliance/daemon/hsm_connection_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "appliance/keys/customer_key.hpp"
#include "hsm/client/find_worker.hpp"
#include "hsm/client/module_environment.hpp"

namespace kaito::daemon {
namespace {

constexpr std::size_t kMaxConnections = 256;
// What one customer may have under way, and how long its pauses grow: enough to be back within five seconds.
constexpr std::size_t kMaxOutstanding = 256;
constexpr std::size_t kMaxLoaded = 64;
constexpr Milliseconds kLongestPause{4000};
constexpr Milliseconds kShortestStart{5000};  // login and preflight are some hundred calls

struct Fields {
  std::string token_uri;
  std::filesystem::path module;
  std::string module_arguments;
  std::vector<std::string> module_environment;
  std::vector<std::string> orgs;
  std::uint32_t deadline_ms = 5000;
};

Error wrong(const std::filesystem::path& file, std::string_view why) {
  return {.code = Code::configuration, .detail = fmt::format("{}: {}", file.string(), why)};
}

// root's or ours, and writable by nobody else.
Status check_owner(const std::filesystem::path& file) {
  struct stat info{};
  if (::lstat(file.c_str(), &info) != 0) return fail(wrong(file, "cannot be examined"));
  if (!S_ISREG(info.st_mode)) return fail(wrong(file, "is not a file"));
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) return fail(wrong(file, "belongs to neither root nor kaitod"));
  if ((info.st_mode & 022) != 0) return fail(wrong(file, "may be written by others (chmod go-w)"));
  return {};
}

Result<Fields> parse(const std::filesystem::path& file) {
  Fields fields;
  CLI::App app("A customer's HSM");
  app.set_config("--config", file.string(), "", true);
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_option("--token-uri", fields.token_uri)->required();
  app.add_option("--module", fields.module);
  app.add_option("--module-arguments", fields.module_arguments);
  app.add_option("--module-environment", fields.module_environment);
  app.add_option("--org", fields.orgs);
  app.add_option("--deadline-ms", fields.deadline_ms)->check(CLI::Range(100, 60000));
  std::vector<std::string> no_arguments;
  try {
    app.parse(no_arguments);
  } catch (const CLI::Error& error) {
    return fail(wrong(file, error.what()));
  }
  return fields;
}

// The path in `pin-source=file:…`, to see when the file changes; the worker reads the URI itself, and judges it.
std::filesystem::path pin_file_of(std::string_view uri) {
  constexpr std::string_view kMark = "pin-source=";
  const auto at = uri.find(kMark);
  if (at == std::string_view::npos) return {};
  std::string_view path = uri.substr(at + kMark.size());
  path = path.substr(0, path.find('&'));
  if (path.starts_with("file:")) path.remove_prefix(5);
  if (path.starts_with("///")) path.remove_prefix(2);
  return path;
}

}  // namespace

Result<keys::HsmConnectionSettings> read_hsm_connection(const std::filesystem::path& file,
                                                        const std::filesystem::path& worker) {
  keys::HsmConnectionSettings settings{.name = file.stem().string(), .client = {}, .pin_file = {}, .orgs = {}};
  if (const auto named = keys::check_hsm_name(settings.name); !named) return fail(wrong(file, named.error().detail));
  KAITO_CHECK(check_owner(file));
  KAITO_TRY(Fields fields, parse(file));
  if (!fields.token_uri.starts_with("pkcs11:")) return fail(wrong(file, "token-uri is no pkcs11: URI"));
  if (!fields.module.empty() && !fields.module.is_absolute())
    return fail(wrong(file, "module must be an absolute path"));
  for (const auto& text : fields.orgs) {
    const auto org = OrgId::parse(text);
    if (!org) return fail(wrong(file, fmt::format("org {} is no org's id", text)));
    settings.orgs.push_back(*org);
  }
  settings.pin_file = pin_file_of(fields.token_uri);
  hsm::ClientConfig& client = settings.client;
  client.worker = worker;
  client.token_uri = std::move(fields.token_uri);
  client.module = std::move(fields.module);
  client.module_arguments = std::move(fields.module_arguments);
  KAITO_TRY(client.environment, hsm::parse_environment(fields.module_environment));
  client.customer = true;
  client.call_deadline = Milliseconds{fields.deadline_ms};
  client.start_deadline = std::max(kShortestStart, 2 * client.call_deadline);
  client.longest_backoff = kLongestPause;
  client.max_outstanding = kMaxOutstanding;
  client.org_kek_capacity = kMaxLoaded;
  return settings;
}

Result<HsmConnectionFiles> read_hsm_connections(const Config& config, Logger& log) {
  HsmConnectionFiles read;
  if (config.hsm_connections.empty()) return read;
  KAITO_TRY(const auto worker, hsm::find_worker(config.hsm_worker));
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator entry(config.hsm_connections, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().extension() == ".conf") files.push_back(entry->path());
  if (error) return fail(wrong(config.hsm_connections, "cannot be read: " + error.message()));
  if (files.size() > kMaxConnections)
    return fail(wrong(config.hsm_connections, fmt::format("has more than {} files", kMaxConnections)));
  std::ranges::sort(files);
  for (const auto& file : files) {
    auto settings = read_hsm_connection(file, worker);
    if (settings) {
      read.right.push_back(*std::move(settings));
    } else {
      log.error("keys.hsm.misconfigured", {{"error", settings.error()}});
      read.wrong.push_back(file.stem().string());
    }
  }
  return read;
}

}  // namespace kaito::daemon
