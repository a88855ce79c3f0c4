#include "provisioning/plan_fields.hpp"

#include <algorithm>

namespace kaito::provisioning {

namespace json = boost::json;

std::unexpected<Error> PlanFields::refuse(std::string_view name, std::string_view what) const {
  return fail(Code::configuration,
              fmt::format("ceremony file: {}{}{} {}", place_, place_.empty() ? "" : ".", name, what));
}

Status PlanFields::only(std::initializer_list<std::string_view> names) const {
  for (const auto& member : object_)
    if (std::ranges::find(names, std::string_view(member.key())) == names.end())
      return refuse(member.key(), "is not known");
  return {};
}

Result<std::string> PlanFields::text(std::string_view name, std::size_t longest) const {
  const json::value* value = object_.if_contains(name);
  if (!value || !value->is_string()) return refuse(name, "is not a text");
  const auto& text = value->get_string();
  if (text.empty() || text.size() > longest) return refuse(name, fmt::format("has not 1 to {} bytes", longest));
  return std::string(text);
}

Result<std::string> PlanFields::text_or_nothing(std::string_view name) const {
  if (!has(name)) return std::string{};
  return text(name);
}

Result<bool> PlanFields::boolean_or(std::string_view name, bool fallback) const {
  const json::value* value = object_.if_contains(name);
  if (!value) return fallback;
  if (!value->is_bool()) return refuse(name, "is neither true nor false");
  return value->get_bool();
}

Result<std::uint64_t> PlanFields::number(std::string_view name, std::uint64_t lowest, std::uint64_t highest) const {
  const json::value* value = object_.if_contains(name);
  if (!value || !value->is_int64() || value->get_int64() < 0) return refuse(name, "is not a whole number");
  const auto number = static_cast<std::uint64_t>(value->get_int64());
  if (number < lowest || number > highest)
    return refuse(name, fmt::format("is {}, outside {} to {}", number, lowest, highest));
  return number;
}

Result<std::vector<std::string>> PlanFields::texts(std::string_view name) const {
  std::vector<std::string> result;
  if (!has(name)) return result;
  KAITO_TRY(const auto* const items, array(name, 64));
  for (const auto& item : *items) {
    if (!item.is_string() || item.get_string().empty() || item.get_string().size() > 1024)
      return refuse(name, "holds something that is no text of 1 to 1024 bytes");
    result.emplace_back(item.get_string());
  }
  return result;
}

Result<const json::array*> PlanFields::array(std::string_view name, std::size_t longest) const {
  const json::value* value = object_.if_contains(name);
  if (!value || !value->is_array()) return refuse(name, "is not a list");
  if (value->get_array().size() > longest) return refuse(name, fmt::format("has more than {} items", longest));
  return &value->get_array();
}

Result<PlanFields> PlanFields::object(std::string_view name) const {
  const json::value* value = object_.if_contains(name);
  if (!value || !value->is_object()) return refuse(name, "is not an object");
  return PlanFields(value->get_object(), place_.empty() ? std::string(name) : fmt::format("{}.{}", place_, name));
}

}  // namespace kaito::provisioning
