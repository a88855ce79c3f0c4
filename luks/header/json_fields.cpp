#include "luks/header/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kaito::luks {

namespace json = boost::json;

std::unexpected<Error> JsonFields::refuse(std::string_view what) const {
  return fail(Code::integrity, fmt::format("LUKS header refused: {} {}", place_, what));
}

std::unexpected<Error> JsonFields::refuse(std::string_view name, std::string_view what) const {
  return fail(Code::integrity, fmt::format("LUKS header refused: {}.{} {}", place_, name, what));
}

Status JsonFields::only(std::initializer_list<std::string_view> names) const {
  for (const auto& member : object_)
    if (std::ranges::find(names, std::string_view(member.key())) == names.end())
      return refuse(fmt::format("has an unknown member of {} characters", member.key().size()));
  return {};
}

Result<std::string> JsonFields::text(std::string_view name, std::size_t longest) const {
  const json::value* value = object_.if_contains(name);
  if (!value || !value->is_string()) return refuse(name, "is not a string");
  if (value->get_string().size() > longest) return refuse(name, "is too long");
  return std::string(value->get_string());
}

Status JsonFields::equals(std::string_view name, std::string_view wanted) const {
  KAITO_TRY(const std::string found, text(name));
  if (found != wanted) return refuse(name, fmt::format("is not {}", wanted));
  return {};
}

Result<bool> JsonFields::boolean(std::string_view name) const {
  const json::value* value = object_.if_contains(name);
  if (!value || !value->is_bool()) return refuse(name, "is neither true nor false");
  return value->get_bool();
}

Result<std::uint64_t> JsonFields::number(std::string_view name, std::uint64_t lowest, std::uint64_t highest) const {
  const json::value* value = object_.if_contains(name);
  if (!value || !(value->is_int64() || value->is_uint64())) return refuse(name, "is not a whole number");
  if (value->is_int64() && value->get_int64() < 0) return refuse(name, "is negative");
  const std::uint64_t number = value->to_number<std::uint64_t>();
  if (number < lowest || number > highest)
    return refuse(name, fmt::format("is {}, outside {} to {}", number, lowest, highest));
  return number;
}

Result<std::uint64_t> JsonFields::decimal(std::string_view name) const {
  KAITO_TRY(const std::string digits, text(name, 20));
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, number);
  if (failure != std::errc{} || stop != end || digits.front() == '-' || (digits.size() > 1 && digits.front() == '0'))
    return refuse(name, "is not a decimal number");
  return number;
}

Result<JsonFields> JsonFields::object(std::string_view name) const {
  const json::value* value = object_.if_contains(name);
  if (!value || !value->is_object()) return refuse(name, "is not an object");
  return JsonFields(value->get_object(), fmt::format("{}.{}", place_, name));
}

Result<const json::array*> JsonFields::array(std::string_view name, std::size_t longest) const {
  const json::value* value = object_.if_contains(name);
  if (!value || !value->is_array()) return refuse(name, "is not an array");
  if (value->get_array().size() > longest) return refuse(name, "has too many elements");
  return &value->get_array();
}

Result<std::vector<int>> JsonFields::ids(std::string_view name) const {
  KAITO_TRY(const json::array* const elements, array(name, 32));
  std::vector<int> ids;
  for (const json::value& element : *elements) {
    const json::string* const id_text = element.if_string();
    const auto id = id_text ? parse_id(*id_text) : fail(Code::integrity, {});
    if (!id) return refuse(name, "holds something that is no id");
    if (std::ranges::find(ids, *id) != ids.end()) return refuse(name, "holds an id twice");
    ids.push_back(*id);
  }
  return ids;
}

Result<Bytes> JsonFields::base64(std::string_view name, std::size_t longest) const {
  KAITO_TRY(const std::string encoded, text(name, (longest + 2) / 3 * 4));
  auto bytes = from_base64(encoded);
  if (!bytes || bytes->empty() || bytes->size() > longest) return refuse(name, "is not base64 of the right size");
  return bytes;
}

Result<Bytes> JsonFields::hex(std::string_view name, std::size_t longest) const {
  KAITO_TRY(const std::string encoded, text(name, longest * 2));
  auto bytes = from_hex(encoded);
  if (!bytes || bytes->empty()) return refuse(name, "is not hexadecimal");
  return bytes;
}

Result<int> parse_id(std::string_view name) {
  int id = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, failure] = std::from_chars(name.data(), end, id);
  const bool canonical = !name.empty() && name.front() != '-' && (name.size() == 1 || name.front() != '0');
  if (failure != std::errc{} || stop != end || !canonical || id > 31)
    return fail(Code::integrity, "LUKS header refused: not an id from 0 to 31");
  return id;
}

}  // namespace kaito::luks
