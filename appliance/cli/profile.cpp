#include "appliance/cli/profile.hpp"

#include <boost/json/parse.hpp>

#include "appliance/base/file.hpp"
#include "appliance/base/json_text.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxProfile = 64U << 10;

std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

}  // namespace

Result<Profile> ProfileFile::load() const {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) return Profile{};
  KAITO_TRY(std::string text, read_file(path_, kMaxProfile));
  json::error_code error;
  const auto value = json::parse(text, error);
  wipe(text);
  if (error || !value.is_object())
    return fail(Code::configuration, path_.string() + " is damaged: delete it and log in again");
  const auto& object = value.get_object();
  return Profile{.url = std::string(text_of(object, "url")),
                 .cacert = std::string(text_of(object, "cacert")),
                 .org = std::string(text_of(object, "org")),
                 .session = Token::copy_of(text_of(object, "session"))};
}

Status ProfileFile::save(const Profile& profile) const {
  KAITO_CHECK(make_private_directory(path_.parent_path()));
  std::string text;
  JsonObjectWriter writer(text);
  writer.text("url", profile.url);
  writer.text("cacert", profile.cacert);
  writer.text("org", profile.org);
  writer.text("session", as_text(profile.session.expose_secret()));
  writer.close();
  text.push_back('\n');
  auto written = write_file_atomically(path_, as_bytes(text));
  wipe(text);
  return written;
}

std::filesystem::path profile_path(std::string_view xdg_config_home, std::string_view home) {
  // The specification: a relative path is to be ignored.
  const std::filesystem::path config = xdg_config_home.starts_with('/') ? std::filesystem::path(xdg_config_home)
                                                                        : std::filesystem::path(home) / ".config";
  return config / "kaito" / "profile.json";
}

}  // namespace kaito::cli
