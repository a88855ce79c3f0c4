// How to call each row of the endpoint table, so that a caller who may gets what the row promises.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "appliance/api/endpoint.hpp"
#include "tests/e2e/matrix_cast.hpp"

namespace kaito::test {

using PathValues = std::map<std::string, std::string>;  // parameter without braces to value

struct Recipe {
  // The body; absent: none.
  std::function<boost::json::value(const Caller&, const FurnishedOrg&)> body{};
  // Makes what the call uses up (a seed to delete), as the org's owner, and puts its id among the values.
  std::function<void(FurnishedOrg&, PathValues&)> prepare{};
  // What an authorised caller gets; 0: the row's success.
  std::uint16_t status = 0;
};

// By the row's action. Nothing for a row that this test has not been taught.
const Recipe* recipe_for(std::string_view action);
// Every action that is known here.
std::vector<std::string_view> known_actions();

// The values for a path whose objects all belong to one org.
PathValues path_values(const Cast& cast, const FurnishedOrg& org, std::string_view action);
// The row's path with the values put in; throws when one is missing.
std::string fill_path(std::string_view pattern, const PathValues& values);

}  // namespace kaito::test
