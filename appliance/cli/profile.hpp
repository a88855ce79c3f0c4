// What the command line remembers between two commands: where the appliance is and who is logged in.
#pragma once

#include <filesystem>
#include <string>

#include "appliance/base/result.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::cli {

struct Profile {
  std::string url;     // of the appliance that issued the session
  std::string cacert;  // absolute path; empty: the system's CAs
  std::string org;     // id; empty for staff
  Token session;       // empty: not logged in
};

// A JSON file, mode 0600, written atomically.
class ProfileFile {
 public:
  explicit ProfileFile(std::filesystem::path path) : path_(std::move(path)) {}

  // An empty profile when there is no file; Code::configuration when it is damaged.
  [[nodiscard]] Result<Profile> load() const;
  // Makes the directory, mode 0700.
  [[nodiscard]] Status save(const Profile& profile) const;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

// $XDG_CONFIG_HOME/kaito/profile.json, or ~/.config/kaito/profile.json (XDG Base Directory Specification). Each
// argument is an environment variable's value, empty when it is not set.
std::filesystem::path profile_path(std::string_view xdg_config_home, std::string_view home);

}  // namespace kaito::cli
