// What a command runs in: the appliance it speaks to, as whom, and where its results go.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "appliance/cli/api_client.hpp"
#include "appliance/cli/fido/fido_device.hpp"
#include "appliance/cli/profile.hpp"
#include "appliance/cli/table.hpp"
#include "appliance/cli/terminal/terminal.hpp"

namespace kaito::cli {

// The options that every command takes.
struct CommonOptions {
  std::string url;
  std::string cacert;
  std::string org;           // id or name
  std::string api_key_file;  // path or "-"
  std::string approval;      // id
  bool json = false;
};

// What the program finds around it; tests bring their own.
struct World {
  Terminal& terminal;
  // Value of an environment variable; empty when it is not set.
  std::function<std::string(const char* name)> environment;
  // Opens the security key at `path`, or the only one when it is empty.
  std::function<Result<fido_client::FidoDevice>(const std::string& path)> open_key;
};

// One command's run. Options go before the environment, and that before the profile. The profile's session is sent to
// no other appliance than the one that issued it.
class Context {
 public:
  Context(World& world, CommonOptions options);

  [[nodiscard]] Terminal& terminal() noexcept { return world_.terminal; }
  [[nodiscard]] const World& world() const noexcept { return world_; }
  [[nodiscard]] const CommonOptions& options() const noexcept { return options_; }

  // The client, with an API key or the profile's session when there is one. Code::usage when no URL is known.
  Result<ApiClient*> client();
  // Without credentials: for logging in.
  Result<ApiClient*> anonymous_client();

  // call_and_wipe() through client().
  Result<boost::json::value> call(std::string_view method, std::string_view path,
                                  std::optional<boost::json::value> body = std::nullopt);
  // All pages of a listing: {"items": […]}. `path` may hold a query.
  Result<boost::json::object> list(std::string path);

  // The id of the org that --org, KAITO_ORG, the profile or the session names; absent for staff who name none.
  Result<std::optional<std::string>> own_org();
  // "/v1/orgs/ID" and `rest` for that org; Code::usage when there is none.
  Result<std::string> org_path(std::string_view rest);
  // The id of the object that `text` names: an id, or exactly the value of `member` in one item of the listing at
  // `path`. Code::not_found and Code::conflict (several) say which `noun`.
  Result<std::string> id_of(const std::string& path, std::string_view member, const std::string& text,
                            std::string_view noun);
  Result<std::string> org_id(const std::string& id_or_name);
  // --org or KAITO_ORG; empty when neither is given.
  [[nodiscard]] std::string named_org() const;

  // Keeps the session that the client has just been given, and tells whose it is.
  Status keep_session();
  // Removes the session from the profile.
  Status forget_session();

  // --json prints `value` as it is; otherwise people get `text`.
  void show(const boost::json::value& value, std::string_view text);
  void show_list(const boost::json::object& listing, const std::vector<Column>& columns);
  void show_record(const boost::json::value& value);

  // Ends the program with kPartlyDone although the command succeeded.
  void partly_done() noexcept { partly_done_ = true; }
  [[nodiscard]] bool is_partly_done() const noexcept { return partly_done_; }

 private:
  Result<ApiClient> open();
  Status authenticate(ApiClient& client);
  [[nodiscard]] std::string setting(const std::string& option, const char* variable) const;

  World& world_;
  CommonOptions options_;
  ProfileFile profile_file_;
  Profile profile_;  // empty when it is of another appliance
  std::string url_;
  std::string cacert_;
  std::optional<ApiClient> client_;
  bool uses_api_key_ = false;
  bool partly_done_ = false;
};

// ApiClient::call whose body holds a secret: its strings are overwritten afterwards.
Result<boost::json::value> call_and_wipe(ApiClient& client, std::string_view method, std::string_view path,
                                         std::optional<boost::json::value> body);

// A string member of an object; empty when there is none.
std::string text_at(const boost::json::value& object, std::string_view member);

// Has it the form of an object's id (a UUID)?
bool is_id(std::string_view text);

}  // namespace kaito::cli
