#include "appliance/audit/verify.hpp"
#include "appliance/base/file.hpp"
#include "appliance/cli/commands/audit_report.hpp"
#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/problem.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

// The org's log for its members and keys; the whole appliance's for staff.
Result<std::string> audit_path(Context& context, std::string_view rest = {}) {
  KAITO_TRY(const auto org, context.own_org());
  return fmt::format("{}/audit{}", org ? "/v1/orgs/" + *org : std::string("/v1"), rest);
}

struct Range {
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> until;
};

void declare_range(Arguments& arguments, Range& range) {
  arguments.option("--from", range.from, "Number of the first entry");
  arguments.option("--until", range.until, "Number of the first entry that is left out");
}

std::string query(const Range& range, std::string query) {
  const auto add = [&query](std::string_view name, const std::optional<std::int64_t>& value) {
    if (value) query += fmt::format("{}{}={}", query.empty() ? "" : "&", name, *value);
  };
  add("from", range.from);
  add("until", range.until);
  return query.empty() ? query : "?" + query;
}

struct ListLogOptions {
  Range range;
  std::optional<std::int64_t> limit;
  bool oldest_first = false;
};

// The members of a record that people look for, flat.
json::object row_of(const json::value& record) {
  json::object row;
  if (!record.is_object()) return row;
  const auto& object = record.get_object();
  for (const std::string_view member : {"seq", "time", "action", "outcome", "peer"})
    if (const auto* value = object.if_contains(member)) row[member] = *value;
  if (const auto* actor = object.if_contains("actor"); actor != nullptr && actor->is_object()) {
    const auto& who = actor->get_object();
    row["actor"] = fmt::format("{} {}", cell(who.if_contains("kind")),
                               cell(who.contains("name") ? who.if_contains("name") : who.if_contains("id")));
  }
  std::string targets;
  if (const auto* list = object.if_contains("targets"); list != nullptr && list->is_array())
    for (const auto& target : list->get_array())
      if (target.is_object())
        targets += fmt::format("{}{} {}", targets.empty() ? "" : ", ", cell(target.get_object().if_contains("kind")),
                               cell(target.get_object().if_contains("id")));
  row["targets"] = targets;
  return row;
}

Status list_log(Context& context, const ListLogOptions& options) {
  std::string rest = fmt::format("limit={}", options.limit.value_or(50));
  if (!options.oldest_first) rest += "&newest_first=true";
  KAITO_TRY(const auto path, audit_path(context, query(options.range, rest)));
  KAITO_TRY(const auto page, context.call("GET", path));
  json::array rows;
  for (const auto& record : page.at("records").as_array()) rows.emplace_back(row_of(record));
  context.show(page, table(rows, {{"#", "seq"},
                                  {"TIME", "time"},
                                  {"WHO", "actor"},
                                  {"ACTION", "action"},
                                  {"OUTCOME", "outcome"},
                                  {"PEER", "peer"},
                                  {"ON", "targets"}}));
  return {};
}

struct ExportOptions {
  Range range;
  std::string output = "-";
};

Status export_log(Context& context, const ExportOptions& options) {
  KAITO_TRY(const auto path, audit_path(context, "/export" + query(options.range, {})));
  KAITO_TRY(ApiClient* const client, context.client());
  KAITO_TRY(const Response reply, client->send("GET", path));
  if (reply.status != 200) return fail(problem_of(reply));
  if (options.output == "-") {
    context.terminal().print(reply.body);
    return {};
  }
  KAITO_CHECK(write_file_atomically(options.output, as_bytes(reply.body)));
  context.terminal().note(fmt::format("{} bytes written; `kaito audit verify` checks them", reply.body.size()));
  return {};
}

struct VerifyLogArguments {
  std::string file;
  std::vector<std::string> keys;
  std::vector<std::string> checkpoints;
};

void declare_verify_log(Arguments& arguments, VerifyLogArguments& options) {
  arguments.positional("FILE", options.file, "An export");
  arguments.option("--key", options.keys,
                   "Verifier key that the log must be signed with, from another source than the file; may be repeated");
  arguments.option("--checkpoint", options.checkpoints,
                   "File with a checkpoint kept earlier, which the log must still agree with; may be repeated");
  arguments.explain(
      "Works offline. Exit code 13: the log was changed, cut, or is signed by another key; the first bad\n"
      "entry is named.");
}

Status verify_log(Context& context, const VerifyLogArguments& options) {
  audit::VerifyOptions wanted;
  for (const auto& text : options.keys) {
    KAITO_TRY(auto key, audit::VerifierKey::parse(text));
    wanted.pinned.push_back(std::move(key));
  }
  for (const auto& path : options.checkpoints) {
    KAITO_TRY(auto note, read_file(path, audit::kMaxNote));
    wanted.earlier.push_back(std::move(note));
  }
  KAITO_TRY(const auto report, audit::verify_export_file(options.file, wanted));
  context.show(to_json(report), describe(report));
  if (!report.ok())
    return fail(
        Error{.code = Code::integrity, .detail = options.file + " does not verify: " + describe(*report.failure)});
  return {};
}

Status keys(Context& context) {
  KAITO_TRY(const auto reply, context.call("GET", "/v1/audit/keys"));
  std::string text;
  for (const auto& key : reply.at("verifier_keys").as_array()) text += cell(&key) + "\n";
  const auto* checkpoint = reply.as_object().if_contains("checkpoint");
  // A signed note is kept byte for byte; its own lines are the only control characters it may hold.
  if (checkpoint != nullptr && checkpoint->is_string()) text += "\n" + std::string(checkpoint->get_string());
  context.show(reply, text);
  return {};
}

}  // namespace

void add_audit_commands(CommandLine& line) {
  const auto audit = line.group("audit", "The audit log: list, export, verify, keys");
  line.add<ListLogOptions>(
      audit, "list", "List the log's entries, newest first",
      [](Arguments& arguments, ListLogOptions& options) {
        declare_range(arguments, options.range);
        arguments.option("--limit", options.limit, "At most so many; 50 when not given");
        arguments.flag("--oldest-first", options.oldest_first, "In the order of the log");
      },
      &list_log);
  line.add<ExportOptions>(
      audit, "export", "Write the log with its proofs to a file",
      [](Arguments& arguments, ExportOptions& options) {
        arguments.option("-o,--output", options.output, "The file; stdout when not given");
        declare_range(arguments, options.range);
      },
      &export_log);
  line.add<VerifyLogArguments>(audit, "verify", "Verify an export offline", &declare_verify_log, &verify_log);
  line.add(audit, "keys", "Show the log's verifier keys and its latest checkpoint", &keys);
}

}  // namespace kaito::cli
