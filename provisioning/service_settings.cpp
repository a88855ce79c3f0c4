#include "provisioning/service_settings.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "appliance/base/file.hpp"
#include "provisioning/program.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::size_t kMaxConfig = 1U << 20;

// The name before the '='; empty for comments and whatever is no setting.
std::string_view setting_name(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return {};
  line = line.substr(0, equals);
  while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
  return line;
}

Error explain_status(const std::string& verb, int status) {
  Error error{.code = Code::internal,
              .detail = fmt::format("kaitod {} ended with status {}; its log says why", verb, status)};
  for (const auto& row : code_table())
    if (row.exit_code == status) {
      error.code = row.code;
      break;
    }
  return error;
}

}  // namespace

std::string with_settings(std::string_view content, const std::vector<Setting>& settings) {
  std::string result;
  while (!content.empty()) {
    const auto end = std::min(content.find('\n'), content.size());
    const auto name = setting_name(content.substr(0, end));
    const bool replaced =
        std::ranges::any_of(settings, [name](const Setting& setting) { return setting.first == name; });
    if (!replaced) result.append(content.substr(0, end)).push_back('\n');
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  for (const auto& [name, values] : settings) {
    if (values.size() == 1) result += fmt::format("{} = \"{}\"\n", name, values.front());
    if (values.size() > 1) result += fmt::format("{} = [\"{}\"]\n", name, fmt::join(values, "\", \""));
  }
  return result;
}

std::vector<Setting> service_settings(const Plan& plan, const Places& places) {
  const auto one = [](const std::string& value) {
    return value.empty() ? std::vector<std::string>{} : std::vector<std::string>{value};
  };
  return {{"data-dir", {places.data.string()}},
          {"host-name", plan.host_names},
          {"token-uri", one(plan.hsm.token_uri)},
          {"module", one(plan.hsm.module.string())},
          {"module-arguments", one(plan.hsm.module_arguments)},
          {"module-environment", plan.hsm.module_environment}};
}

Status write_service_settings(const Plan& plan, const Places& places) {
  std::error_code failed;
  std::string before;
  if (std::filesystem::exists(places.service_config, failed)) {
    KAITO_TRY(before, read_file(places.service_config, kMaxConfig));
  }
  std::filesystem::create_directories(places.service_config.parent_path(), failed);
  const std::string after = with_settings(before, service_settings(plan, places));
  return write_file_atomically(places.service_config, as_bytes(after), 0644);
}

Status clear_service_settings(const Places& places) {
  std::error_code failed;
  if (!std::filesystem::exists(places.service_config, failed)) return {};
  KAITO_TRY(const std::string before, read_file(places.service_config, kMaxConfig));
  std::vector<Setting> settings = service_settings({}, places);
  for (auto& [name, values] : settings)
    if (name != "data-dir") values.clear();
  return write_file_atomically(places.service_config, as_bytes(with_settings(before, settings)), 0644);
}

Result<std::string> run_kaitod(const Places& places, const std::string& verb, std::string_view input) {
  KAITO_TRY(auto end,
            run_program({"setpriv", "--reuid", places.service_user, "--regid", places.service_user, "--init-groups",
                         "--no-new-privs", places.kaitod.string(), verb, "--config", places.service_config.string()},
                        input));
  if (end.status != 0) return fail(explain_status(verb, end.status));
  return std::move(end.output);
}

}  // namespace kaito::provisioning
