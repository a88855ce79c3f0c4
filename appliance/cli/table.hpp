// The API's JSON as aligned text for people.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace kaito::cli {

struct Column {
  std::string_view heading;
  std::string_view member;  // name in each row's object
};

// One line for the headings and one for each row. Cells are escaped by printable(); an absent or null member is "-".
std::string table(const boost::json::array& rows, const std::vector<Column>& columns);

// "name  value" lines of an object, in its order; members that are objects are left out.
std::string record(const boost::json::object& object);

// A value as a cell's text: strings without quotes, yes and no, lists separated by commas. Escaped.
std::string cell(const boost::json::value* value);

}  // namespace kaito::cli
