#include "appliance/api/path.hpp"

namespace kaito::api {

std::optional<PathSegments> split_path(std::string_view path) noexcept {
  PathSegments segments;
  while (!path.empty()) {
    if (path.front() != '/' || segments.count == kMaxPathSegments) return std::nullopt;
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    if (segment.empty()) return std::nullopt;
    segments.at[segments.count++] = segment;
    path.remove_prefix(segment.size());
  }
  if (segments.count == 0) return std::nullopt;
  return segments;
}

std::optional<std::string_view> PathParameters::get(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < pattern_.count; ++i) {
    const auto segment = pattern_.at[i];
    if (is_parameter(segment) && segment.substr(1, segment.size() - 2) == name) return path_.at[i];
  }
  return std::nullopt;
}

}  // namespace kaito::api
