#include "appliance/cli/table.hpp"

#include <boost/json/serialize.hpp>

#include "appliance/cli/printable.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view kGap = "  ";

void append_padded(std::string& line, std::string_view text, std::size_t to_width) {
  line += text;
  line.append(to_width - width(text), ' ');
}

void end_line(std::string& text) {
  while (text.ends_with(' ')) text.pop_back();
  text.push_back('\n');
}

}  // namespace

std::string cell(const json::value* value) {
  if (value == nullptr || value->is_null()) return "-";
  if (value->is_bool()) return value->get_bool() ? "yes" : "no";
  if (value->is_string()) return printable(value->get_string());
  if (!value->is_array()) return printable(json::serialize(*value));
  std::string list;
  for (const auto& item : value->get_array()) {
    if (!list.empty()) list += ", ";
    list += cell(&item);
  }
  return list.empty() ? "-" : list;
}

std::string table(const json::array& rows, const std::vector<Column>& columns) {
  std::vector<std::vector<std::string>> lines(1);
  for (const auto& column : columns) lines.front().emplace_back(column.heading);
  for (const auto& row : rows) {
    auto& line = lines.emplace_back();
    for (const auto& column : columns)
      line.push_back(cell(row.is_object() ? row.get_object().if_contains(column.member) : nullptr));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i != 0) text += kGap;
      append_padded(text, line[i], widths[i]);
    }
    end_line(text);
  }
  return text;
}

std::string record(const json::object& object) {
  std::size_t longest = 0;
  for (const auto& member : object)
    if (!member.value().is_object()) longest = std::max(longest, printable(member.key()).size());
  std::string text;
  for (const auto& member : object) {
    if (member.value().is_object()) continue;
    append_padded(text, printable(member.key()), longest);
    text += kGap;
    text += cell(&member.value());
    end_line(text);
  }
  return text;
}

}  // namespace kaito::cli
