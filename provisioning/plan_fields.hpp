// Reads the members of one JSON object of a ceremony's file; every error names the place and the member.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/result.hpp"

namespace kaito::provisioning {

// A view: `object` outlives it. All errors are Code::configuration.
class PlanFields {
 public:
  PlanFields(const boost::json::object& object, std::string place) : object_(object), place_(std::move(place)) {}

  // Refuses members other than these, by name.
  [[nodiscard]] Status only(std::initializer_list<std::string_view> names) const;
  [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }
  // 1 to `longest` bytes.
  [[nodiscard]] Result<std::string> text(std::string_view name, std::size_t longest = 1024) const;
  // Empty, or `fallback`, when the member is missing.
  [[nodiscard]] Result<std::string> text_or_nothing(std::string_view name) const;
  [[nodiscard]] Result<bool> boolean_or(std::string_view name, bool fallback) const;
  [[nodiscard]] Result<std::uint64_t> number(std::string_view name, std::uint64_t lowest, std::uint64_t highest) const;
  // Of at most 64 texts; empty when the member is missing.
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view name) const;
  [[nodiscard]] Result<const boost::json::array*> array(std::string_view name, std::size_t longest) const;
  [[nodiscard]] Result<PlanFields> object(std::string_view name) const;

  [[nodiscard]] const std::string& place() const noexcept { return place_; }
  // `what` completes the sentence "<member> …".
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view name, std::string_view what) const;

 private:
  const boost::json::object& object_;
  std::string place_;
};

}  // namespace kaito::provisioning
