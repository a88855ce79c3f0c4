#include "appliance/cli/commands/seed_search.hpp"

#include "appliance/cli/printable.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kShownMatches = 5;

std::string whole_label(const json::value& seed) {
  const std::string issuer = text_at(seed, "issuer");
  const std::string account = text_at(seed, "account");
  return issuer.empty() ? account : issuer + ":" + account;
}

Result<json::array> matches(Context& context, const std::string& text) {
  KAITO_TRY(const auto path, context.org_path("/seeds?search="));
  KAITO_TRY(auto listing, context.list(path + url_encode(text)));
  return std::move(listing.at("items").as_array());
}

// "issuer:account" holds both fields, so the API's search, which looks into one at a time, does not find it.
Result<json::array> matches_of_label(Context& context, const std::string& label) {
  KAITO_TRY(const auto candidates, matches(context, label.substr(label.find(':') + 1)));
  json::array found;
  for (const auto& seed : candidates)
    if (whole_label(seed) == label) found.push_back(seed);
  return found;
}

}  // namespace

Result<json::value> search_seed(Context& context, const std::string& text) {
  KAITO_TRY(auto found, matches(context, text));
  if (found.empty() && text.find(':') + 1 < text.size() && text.contains(':')) {
    KAITO_TRY(found, matches_of_label(context, text));
  }
  if (found.empty()) return fail(Code::not_found, fmt::format("no seed matches \"{}\"", text));
  if (found.size() == 1) return std::move(found.front());
  std::string list;
  for (std::size_t i = 0; i < std::min(found.size(), kShownMatches); ++i)
    list += fmt::format("{}{} ({})", i == 0 ? "" : ", ", whole_label(found[i]), text_at(found[i], "id"));
  if (found.size() > kShownMatches) list += ", …";
  return fail(Code::conflict, fmt::format("\"{}\" matches {} seeds: {}", text, found.size(), list));
}

Result<std::string> find_seed_id(Context& context, const std::string& id_or_text) {
  if (is_id(id_or_text)) return id_or_text;
  KAITO_TRY(const auto seed, search_seed(context, id_or_text));
  return text_at(seed, "id");
}

std::string seed_label(const json::value& seed) { return printable(whole_label(seed)); }

}  // namespace kaito::cli
