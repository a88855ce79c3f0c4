#include <boost/json/serialize.hpp>

#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/commands/seed_search.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

struct CodeOptions {
  std::vector<std::string> seeds;
  bool next = false;
  bool quiet = false;
};

struct Wanted {
  std::string id;
  std::string label;
  bool hotp = false;
};

// A key may be allowed to read codes but no labels: an id then has to do, and is taken for a time-based seed.
Result<Wanted> find(Context& context, const std::string& id_or_text) {
  if (!is_id(id_or_text)) {
    KAITO_TRY(const auto seed, search_seed(context, id_or_text));
    return Wanted{text_at(seed, "id"), seed_label(seed), text_at(seed, "type") == "hotp"};
  }
  KAITO_TRY(const auto path, context.org_path("/seeds/" + id_or_text));
  const auto seed = context.call("GET", path);
  if (seed) return Wanted{id_or_text, seed_label(*seed), text_at(*seed, "type") == "hotp"};
  if (seed.error().code != Code::forbidden) return fail(seed.error());
  return Wanted{id_or_text, id_or_text, false};
}

// "17 s", by the appliance's clock.
std::string time_left(const json::object& code) {
  const auto point = [&code](std::string_view member) -> Result<TimePoint> {
    const auto* value = code.if_contains(member);
    if (value == nullptr || !value->is_string()) return fail(Code::connection_failed, "no such time");
    return from_rfc3339(value->get_string());
  };
  const auto until = point("valid_until");
  const auto now = point("server_time");
  if (!until || !now) return "-";
  return fmt::format("{} s", std::max<std::int64_t>(0, std::chrono::ceil<Seconds>(*until - *now).count()));
}

Result<json::value> fetch(Context& context, const Wanted& wanted, bool next) {
  KAITO_TRY(const auto path, context.org_path("/seeds/" + wanted.id + "/code"));
  if (wanted.hotp) return context.call("POST", path);
  return context.call("GET", next ? path + "?next=true" : path);
}

// All seeds are found before the first code is taken, so that no HOTP counter moves for a line that was mistyped.
Status code(Context& context, const CodeOptions& options) {
  std::vector<Wanted> wanted;
  for (const auto& seed : options.seeds) {
    KAITO_TRY(wanted.emplace_back(), find(context, seed));
  }
  json::array rows;
  for (const auto& seed : wanted) {
    KAITO_TRY(const auto reply, fetch(context, seed, options.next));
    if (context.options().json) context.terminal().print(json::serialize(reply) + "\n");
    json::object row = reply.as_object();
    row["left"] = time_left(row);
    row["seed"] = seed.label;
    rows.push_back(std::move(row));
  }
  if (context.options().json) return {};
  std::vector<Column> columns{{"CODE", "code"}, {"LEFT", "left"}, {"SEED", "seed"}};
  if (options.next) columns.insert(columns.begin() + 2, {"NEXT", "next_code"});
  if (!options.quiet) context.terminal().print(table(rows, columns));
  if (options.quiet)
    for (const auto& row : rows) context.terminal().print(cell(row.as_object().if_contains("code")) + "\n");
  return {};
}

}  // namespace

void add_code_command(CommandLine& line) {
  line.add<CodeOptions>(
      line.root(), "code", "Get codes",
      [](Arguments& arguments, CodeOptions& options) {
        arguments.positional("SEED", options.seeds, "Id, or a text that only one seed matches");
        arguments.flag("--next", options.next, "Also the next code, when this one lasts less than 5 seconds more");
        arguments.flag("-q,--quiet", options.quiet, "Print nothing but the codes, one a line");
        arguments.explain("The code of an HOTP seed is taken: its counter moves.");
      },
      &code);
}

}  // namespace kaito::cli
