#include "appliance/api/router.hpp"

#include "appliance/base/invariant.hpp"

namespace kaito::api {
namespace {

bool fits(const PathSegments& pattern, const PathSegments& path) noexcept {
  for (std::size_t i = 0; i < pattern.count; ++i)
    if (!is_parameter(pattern.at[i]) && pattern.at[i] != path.at[i]) return false;
  return true;
}

// Could one path fit both?
bool overlap(const PathSegments& a, const PathSegments& b) noexcept {
  for (std::size_t i = 0; i < a.count; ++i)
    if (!is_parameter(a.at[i]) && !is_parameter(b.at[i]) && a.at[i] != b.at[i]) return false;
  return true;
}

}  // namespace

Router::Router(std::span<const Endpoint> table) {
  for (const auto& endpoint : table) {
    const auto pattern = split_path(endpoint.path);
    KAITO_INVARIANT(pattern.has_value());
    auto& rows = by_length_[pattern->count];
    for (const auto& other : rows)
      KAITO_INVARIANT(other.endpoint->method != endpoint.method || !overlap(other.pattern, *pattern));
    rows.push_back({&endpoint, *pattern});
  }
}

std::expected<Route, NoRoute> Router::match(http::Method method, std::string_view path) const {
  const auto segments = split_path(path);
  if (!segments) return std::unexpected(NoRoute{});
  const auto wanted = method == http::Method::head ? http::Method::get : method;
  NoRoute none;
  for (const auto& row : by_length_[segments->count]) {
    if (!fits(row.pattern, *segments)) continue;
    if (row.endpoint->method == wanted) return Route{row.endpoint, PathParameters(row.pattern, *segments)};
    none.code = Code::method_not_allowed;
    if (!none.allow.empty()) none.allow += ", ";
    none.allow += http::to_string(row.endpoint->method);
    if (row.endpoint->method == http::Method::get) none.allow += ", HEAD";
  }
  return std::unexpected(std::move(none));
}

}  // namespace kaito::api
