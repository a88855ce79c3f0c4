#include "appliance/base/file.hpp"
#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/commands/group_names.hpp"
#include "appliance/cli/problem.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxImport = 8U << 20;

struct ImportSeedsOptions {
  std::string file;
  std::string format;
  std::string password_file;
  std::vector<std::string> groups;
  bool dry_run = false;
  bool all_or_nothing = false;
};

void declare_import_seeds(Arguments& arguments, ImportSeedsOptions& options) {
  arguments.positional("FILE", options.file, "What the other program exported, - for stdin");
  arguments.option("--format", options.format,
                   "otpauth, google, aegis, 2fas, bitwarden or 2fauth; found from the content when not given");
  arguments.option("--password-file", options.password_file,
                   "Read the file's password from a file, - for stdin; asked for when it is needed");
  arguments.option("--group", options.groups, "A group that sees the seeds, by name or id; may be repeated");
  arguments.flag("--dry-run", options.dry_run, "Report what would be done, and do nothing");
  arguments.flag("--all-or-nothing", options.all_or_nothing, "Import nothing when an entry is refused");
  arguments.explain("Exit code 1: entries were refused; the report says why.");
}

// For one attempt: sending it wipes it.
Result<json::object> body_of(Context& context, const ImportSeedsOptions& options, const std::string& content) {
  json::object body;
  if (!options.format.empty()) body["format"] = options.format;
  if (options.dry_run) body["dry_run"] = true;
  if (options.all_or_nothing) body["all_or_nothing"] = true;
  if (!options.groups.empty()) {
    KAITO_TRY(body["groups"], group_ids(context, options.groups));
  }
  body["content"] = content;
  return body;
}

Result<json::value> attempt(Context& context, const ImportSeedsOptions& options, const std::string& content,
                            const Passphrase& password) {
  KAITO_TRY(const auto path, context.org_path("/seeds/import"));
  KAITO_TRY(auto body, body_of(context, options, content));
  if (!password.empty()) body["password"] = as_text(password.expose_secret());
  return context.call("POST", path, std::move(body));
}

// Asks for the password when the appliance says that the file needs one.
Result<json::value> send(Context& context, const ImportSeedsOptions& options, const std::string& content) {
  Passphrase password;
  if (!options.password_file.empty()) {
    KAITO_TRY(password, read_secret(context.terminal(), options.password_file, "Password of the file"));
  }
  auto report = attempt(context, options, content, password);
  if (report || !password.empty() || !report.error().field.ends_with("password")) return report;
  KAITO_TRY(password, read_secret(context.terminal(), {}, "Password of the file"));
  return attempt(context, options, content, password);
}

void print_report(Context& context, const json::value& report) {
  const auto& object = report.as_object();
  json::array rows = object.at("entries").as_array();
  for (auto& row : rows) {
    std::string why = cell(row.as_object().if_contains("reason"));
    const std::string notes = cell(row.as_object().if_contains("notes"));
    if (why.empty() || why == "-") why = notes;
    row.as_object()["why"] = why;
  }
  std::string text = table(
      rows,
      {{"#", "position"}, {"ISSUER", "issuer"}, {"ACCOUNT", "account"}, {"OUTCOME", "outcome"}, {"REMARKS", "why"}});
  const auto count = [&object](std::string_view member) { return cell(object.if_contains(member)); };
  text += fmt::format("{} {}, {} duplicates, {} refused ({}){}\n", count("imported"),
                      object.at("applied") == true ? "imported" : "importable", count("duplicates"), count("refused"),
                      count("format"), object.at("applied") == true ? "" : "; nothing was changed");
  context.show(report, text);
}

Status import_seeds(Context& context, const ImportSeedsOptions& options) {
  if (options.file == "-" && options.password_file == "-")
    return fail(Code::usage, "stdin cannot hold the file and its password");
  KAITO_TRY(std::string content,
            options.file == "-" ? context.terminal().read_input(kMaxImport) : read_file(options.file, kMaxImport));
  const auto report = send(context, options, content);
  wipe(content);
  if (!report) return fail(report.error());
  print_report(context, *report);
  if (report->at("refused") != 0) context.partly_done();
  return {};
}

}  // namespace

void add_import_command(CommandLine& line) {
  line.add<ImportSeedsOptions>(line.root(), "import", "Import seeds that another program exported",
                               &declare_import_seeds, &import_seeds);
}

}  // namespace kaito::cli
