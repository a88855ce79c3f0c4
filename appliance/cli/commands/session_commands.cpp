#include "appliance/cli/commands/commands.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

// Posts what proves who the user is; the client holds the session afterwards.
Status begin_session(Context& context, std::string_view path, json::value body) {
  KAITO_TRY(ApiClient* const client, context.anonymous_client());
  KAITO_CHECK(call_and_wipe(*client, "POST", path, std::move(body)));
  return context.keep_session();
}

struct LoginOptions {
  std::string username;
  std::string password_file;
};

Status login(Context& context, const LoginOptions& options) {
  const std::string org = context.named_org();
  if (org.empty()) return fail(Code::usage, "which org? Give its name with --org");
  KAITO_TRY(const auto password, read_secret(context.terminal(), options.password_file, "Password"));
  json::object body{{"org", org}, {"username", options.username}};
  body["password"] = as_text(password.expose_secret());
  return begin_session(context, "/v1/session/login", std::move(body));
}

struct InvitationOptions {
  std::string username;
  std::string invitation_file;
  std::string password_file;
};

Status accept_invitation(Context& context, const InvitationOptions& options) {
  KAITO_TRY(const auto invitation, read_secret(context.terminal(), options.invitation_file, "Invitation"));
  KAITO_TRY(const auto password, read_new_secret(context.terminal(), options.password_file, "New password"));
  json::object body{{"username", options.username}};
  body["invitation"] = as_text(invitation.expose_secret());
  body["password"] = as_text(password.expose_secret());
  return begin_session(context, "/v1/session/invitation", std::move(body));
}

struct PasswordOptions {
  std::string old_file;
  std::string new_file;
};

Status change_password(Context& context, const PasswordOptions& options) {
  KAITO_TRY(const auto before, read_secret(context.terminal(), options.old_file, "Present password"));
  KAITO_TRY(const auto after, read_new_secret(context.terminal(), options.new_file, "New password"));
  json::object body;
  body["old_password"] = as_text(before.expose_secret());
  body["new_password"] = as_text(after.expose_secret());
  KAITO_CHECK(context.call("POST", "/v1/session/password", std::move(body)));
  return context.keep_session();
}

Status logout(Context& context) {
  const auto ended = context.call("DELETE", "/v1/session");
  // A session that the appliance no longer knows is as good as ended.
  if (!ended && ended.error().code != Code::unauthenticated) return fail(ended.error());
  return context.forget_session();
}

Status whoami(Context& context) {
  KAITO_TRY(const auto me, context.call("GET", "/v1/session"));
  context.show_record(me);
  return {};
}

}  // namespace

void add_session_commands(CommandLine& line) {
  line.add<LoginOptions>(
      line.root(), "login", "Log in as a member of the org that --org names",
      [](Arguments& arguments, LoginOptions& options) {
        arguments.positional("USERNAME", options.username, "Name in the org");
        arguments.option("--password-file", options.password_file, "Read the password from a file, - for stdin");
        arguments.explain(
            "The session is kept in ~/.config/kaito/profile.json with the URL and the CA, so that later\n"
            "commands need none of them. Staff log in with `kaito staff login`.");
      },
      &login);
  line.add(line.root(), "logout", "End the session", &logout);
  line.add(line.root(), "whoami", "Show whose session it is and when it ends", &whoami);
  line.add<InvitationOptions>(
      line.root(), "accept-invitation", "Accept an invitation to an org: set the first password and log in",
      [](Arguments& arguments, InvitationOptions& options) {
        arguments.positional("USERNAME", options.username, "Name that the invitation was made for");
        arguments.option("--invitation-file", options.invitation_file, "Read the invitation from a file, - for stdin");
        arguments.option("--password-file", options.password_file, "Read the new password from a file, - for stdin");
      },
      &accept_invitation);
  line.add<PasswordOptions>(
      line.root(), "password", "Change one's password; ends all other sessions",
      [](Arguments& arguments, PasswordOptions& options) {
        arguments.option("--old-password-file", options.old_file, "Read the present password from a file, - for stdin");
        arguments.option("--new-password-file", options.new_file, "Read the new password from a file, - for stdin");
      },
      &change_password);
}

}  // namespace kaito::cli
