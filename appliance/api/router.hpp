// From method and path to the row of the endpoint table.
#pragma once

#include <array>
#include <vector>

#include "appliance/api/endpoint.hpp"

namespace kaito::api {

struct Route {
  const Endpoint* endpoint = nullptr;
  PathParameters path;
};

struct NoRoute {
  Code code = Code::not_found;  // or method_not_allowed
  std::string allow;            // the methods that the path takes
};

// Immutable after construction, so thread-safe.
class Router {
 public:
  // Ends the process when two rows would match one request: a defect of the table.
  explicit Router(std::span<const Endpoint> table);

  // HEAD finds the row of GET.
  [[nodiscard]] std::expected<Route, NoRoute> match(http::Method method, std::string_view path) const;

 private:
  struct Row {
    const Endpoint* endpoint;
    PathSegments pattern;
  };
  std::array<std::vector<Row>, kMaxPathSegments + 1> by_length_;
};

}  // namespace kaito::api
