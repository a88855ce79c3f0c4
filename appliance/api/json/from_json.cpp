#include "appliance/api/json/from_json.hpp"

namespace kaito::api {

bool has_control_character(std::string_view text) noexcept {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string choices(std::span<const std::string_view> names) {
  return fmt::format("one of {}", fmt::join(names, ", "));
}

}  // namespace kaito::api
