// Where the kaito-hsm-worker program is.
#pragma once

#include <filesystem>

#include "appliance/base/result.hpp"

namespace kaito::hsm {

// `named` when it is given; else beside the running program, in its build tree or where the package has it.
// Code::configuration: nowhere.
Result<std::filesystem::path> find_worker(const std::filesystem::path& named);

}  // namespace kaito::hsm
