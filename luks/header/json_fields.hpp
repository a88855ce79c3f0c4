// Reads the members of one JSON object of a header; every error names the place.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/bytes.hpp"
#include "appliance/base/result.hpp"

namespace kaito::luks {

// A view: `object` outlives it. All errors are Code::integrity.
class JsonFields {
 public:
  JsonFields(const boost::json::object& object, std::string place) : object_(object), place_(std::move(place)) {}

  // Refuses members other than these.
  [[nodiscard]] Status only(std::initializer_list<std::string_view> names) const;
  [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }
  [[nodiscard]] Result<std::string> text(std::string_view name, std::size_t longest = 256) const;
  [[nodiscard]] Status equals(std::string_view name, std::string_view wanted) const;
  [[nodiscard]] Result<bool> boolean(std::string_view name) const;
  [[nodiscard]] Result<std::uint64_t> number(std::string_view name, std::uint64_t lowest, std::uint64_t highest) const;
  // LUKS2 writes 64-bit numbers as strings of decimal digits.
  [[nodiscard]] Result<std::uint64_t> decimal(std::string_view name) const;
  [[nodiscard]] Result<JsonFields> object(std::string_view name) const;
  [[nodiscard]] Result<const boost::json::array*> array(std::string_view name, std::size_t longest) const;
  // An array of object names, each a number below 32 and none twice.
  [[nodiscard]] Result<std::vector<int>> ids(std::string_view name) const;
  [[nodiscard]] Result<Bytes> base64(std::string_view name, std::size_t longest) const;
  [[nodiscard]] Result<Bytes> hex(std::string_view name, std::size_t longest) const;

  [[nodiscard]] const boost::json::object& json() const noexcept { return object_; }
  [[nodiscard]] const std::string& place() const noexcept { return place_; }
  // `what` completes the sentence "<place> …".
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view what) const;

 private:
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view name, std::string_view what) const;

  const boost::json::object& object_;
  std::string place_;
};

// "0" to "31" without leading zeros: the name of a keyslot, token, segment or digest.
Result<int> parse_id(std::string_view name);

}  // namespace kaito::luks
