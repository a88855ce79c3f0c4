// Path patterns of the endpoint table: "/v1/orgs/{org}/seeds/{seed}". Paths come from the HTTP guard, which has refused
// every encoded, doubled or dotted form, so segments are compared as they stand.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "appliance/base/ids.hpp"

namespace kaito::api {

inline constexpr std::size_t kMaxPathSegments = 10;

struct PathSegments {
  std::array<std::string_view, kMaxPathSegments> at{};
  std::size_t count = 0;
};

// Nullopt when there are too many segments, an empty one or no leading '/'.
std::optional<PathSegments> split_path(std::string_view path) noexcept;

constexpr bool is_parameter(std::string_view segment) noexcept {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// The values that a pattern's parameters took. Views into the request's head.
class PathParameters {
 public:
  PathParameters() = default;
  PathParameters(const PathSegments& pattern, const PathSegments& path) noexcept : pattern_(pattern), path_(path) {}

  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;

  // not_found when it is no identifier: such an object cannot exist.
  template <class ObjectId>
  [[nodiscard]] Result<ObjectId> id(std::string_view name) const {
    const auto text = get(name);
    if (!text) return fail(Code::internal, "the path has no parameter of that name");
    auto parsed = ObjectId::parse(*text);
    if (!parsed) return fail(Code::not_found, "not an identifier");
    return parsed;
  }

 private:
  PathSegments pattern_;
  PathSegments path_;
};

}  // namespace kaito::api
