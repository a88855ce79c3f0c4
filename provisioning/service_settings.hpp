// Settings of kaitod.conf that the ceremony decides. Other lines, comments included, stay as they are.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provisioning/places.hpp"
#include "provisioning/plan.hpp"

namespace kaito::provisioning {

// Name and value; no values: the setting is taken out.
using Setting = std::pair<std::string, std::vector<std::string>>;

// `content` with these settings in place of those of the same name. Values hold no quote, backslash or control
// character.
std::string with_settings(std::string_view content, const std::vector<Setting>& settings);

// What the plan says of the service.
std::vector<Setting> service_settings(const Plan& plan, const Places& places);

// Rewrites the file, which may be missing; mode 0644, as the package has it.
Status write_service_settings(const Plan& plan, const Places& places);

// Takes out what write_service_settings put in, but for the data directory; nothing to do without the file.
Status clear_service_settings(const Places& places);

// Runs a verb of kaitod as the service's user, with its configuration. Gives its output; the error has kaitod's code.
Result<std::string> run_kaitod(const Places& places, const std::string& verb, std::string_view input = {});

}  // namespace kaito::provisioning
