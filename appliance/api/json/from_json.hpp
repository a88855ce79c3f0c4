// Described types from JSON and from a query string. One rule for every endpoint: an unknown field, a missing one, a
// wrong type or a value out of bounds is Code::invalid_request that names the field.
#pragma once

#include <boost/describe/members.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <vector>

#include "appliance/api/json/bounded.hpp"
#include "appliance/api/json/enum_names.hpp"
#include "appliance/base/ids.hpp"
#include "appliance/base/secret.hpp"
#include "appliance/base/time.hpp"
#include "appliance/http/query.hpp"

namespace kaito::api {

// No C0 control and no DEL. The text is UTF-8 already.
bool has_control_character(std::string_view text) noexcept;
// "one of a, b, c"
std::string choices(std::span<const std::string_view> names);

template <class T>
concept Described = boost::describe::has_describe_members<T>::value;

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

// A value is read from text alone (query strings), or from a JSON value.
template <class T>
struct FromText;  // static Result<T> read(std::string_view text, const std::string& field)
template <class T>
struct FromJson;  // static Result<T> read(const boost::json::value& json, const std::string& field)

template <class T>
concept ReadsText = requires(std::string_view text, const std::string& field) { FromText<T>::read(text, field); };

template <std::size_t Min, std::size_t Max>
struct FromText<Text<Min, Max>> {
  static Result<Text<Min, Max>> read(std::string_view text, const std::string& field) {
    if (text.size() < Min || text.size() > Max)
      return fail_invalid(field, fmt::format("must be {} to {} bytes of UTF-8", Min, Max));
    if (has_control_character(text)) return fail_invalid(field, "must not contain control characters");
    return Text<Min, Max>{std::string(text)};
  }
};

template <class Tag>
struct FromText<Id<Tag>> {
  static Result<Id<Tag>> read(std::string_view text, const std::string& field) {
    auto id = Id<Tag>::parse(text);
    if (!id) return fail_invalid(field, "must be a UUID in lower case");
    return id;
  }
};

template <>
struct FromText<TimePoint> {
  static Result<TimePoint> read(std::string_view text, const std::string& field) {
    auto time = from_rfc3339(text);
    if (!time) return fail_invalid(field, "must be an RFC 3339 time in UTC, like 2026-11-24T07:33:18Z");
    return time;
  }
};

template <NamedEnum Enum>
struct FromText<Enum> {
  static Result<Enum> read(std::string_view text, const std::string& field) {
    std::vector<std::string_view> names;
    for (const auto& [value, name] : EnumNames<Enum>::table) {
      if (name == text) return value;
      names.push_back(name);
    }
    return fail_invalid(field, "must be " + choices(names));
  }
};

template <class T>
struct IsNumber : std::false_type {};
template <class Integer, Integer Low, Integer High>
struct IsNumber<Number<Integer, Low, High>> : std::true_type {};

// What reads text reads a JSON string; but a number in JSON is a number, never a string.
template <ReadsText T>
  requires(!IsNumber<T>::value)
struct FromJson<T> {
  static Result<T> read(const boost::json::value& json, const std::string& field) {
    if (!json.is_string()) return fail_invalid(field, "must be a string");
    return FromText<T>::read(std::string_view(json.get_string()), field);
  }
};

template <class Integer, Integer Low, Integer High>
struct FromJson<Number<Integer, Low, High>> {
  using Bounded = Number<Integer, Low, High>;
  static std::unexpected<Error> out_of_bounds(const std::string& field) {
    return fail_invalid(field, fmt::format("must be a whole number from {} to {}", Low, High));
  }
  static Result<Bounded> read(const boost::json::value& json, const std::string& field) {
    if (json.is_int64() && std::in_range<Integer>(json.get_int64()))
      return checked(static_cast<Integer>(json.get_int64()), field);
    if (json.is_uint64() && std::in_range<Integer>(json.get_uint64()))
      return checked(static_cast<Integer>(json.get_uint64()), field);
    return out_of_bounds(field);
  }
  static Result<Bounded> checked(Integer value, const std::string& field) {
    if (value < Low || value > High) return out_of_bounds(field);
    return Bounded{value};
  }
};

template <class Integer, Integer Low, Integer High>
struct FromText<Number<Integer, Low, High>> {
  static Result<Number<Integer, Low, High>> read(std::string_view text, const std::string& field) {
    using Reader = FromJson<Number<Integer, Low, High>>;
    Integer value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return Reader::out_of_bounds(field);
    return Reader::checked(value, field);
  }
};
template <>
struct FromJson<bool> {
  static Result<bool> read(const boost::json::value& json, const std::string& field) {
    if (!json.is_bool()) return fail_invalid(field, "must be true or false");
    return json.get_bool();
  }
};

// Locked memory is scarce, and no password, token or otpauth URI comes near this.
inline constexpr std::size_t kMaxSecretBytes = 4096;

template <class Tag>
struct FromJson<Secret<Tag>> {
  static Result<Secret<Tag>> read(const boost::json::value& json, const std::string& field) {
    if (!json.is_string() || json.get_string().empty()) return fail_invalid(field, "must be a string, not empty");
    if (json.get_string().size() > kMaxSecretBytes)
      return fail_invalid(field, fmt::format("must be at most {} bytes", kMaxSecretBytes));
    return Secret<Tag>::copy_of(std::string_view(json.get_string()));
  }
};

// For what a library reads itself (WebAuthn responses).
template <>
struct FromJson<boost::json::value> {
  static Result<boost::json::value> read(const boost::json::value& json, const std::string&) { return json; }
};

template <class T>
struct FromJson<std::optional<T>> {
  static Result<std::optional<T>> read(const boost::json::value& json, const std::string& field) {
    if (json.is_null()) return std::optional<T>();
    KAITO_TRY(T value, FromJson<T>::read(json, field));
    return std::optional<T>(std::move(value));
  }
};

template <class T, std::size_t Max>
struct FromJson<List<T, Max>> {
  static Result<List<T, Max>> read(const boost::json::value& json, const std::string& field) {
    if (!json.is_array() || json.get_array().size() > Max)
      return fail_invalid(field, fmt::format("must be a list of at most {}", Max));
    List<T, Max> list;
    list.values.reserve(json.get_array().size());
    for (const auto& entry : json.get_array()) {
      KAITO_TRY(T value, FromJson<T>::read(entry, fmt::format("{}[{}]", field, list.values.size())));
      list.values.push_back(std::move(value));
    }
    return list;
  }
};

template <Described T>
struct FromJson<T> {
  static Result<T> read(const boost::json::value& json, const std::string& field) {
    if (!json.is_object()) return fail_invalid(field.empty() ? "body" : field, "must be an object");
    const auto& object = json.get_object();
    const std::string prefix = field.empty() ? "" : field + ".";
    T result;
    std::optional<Error> error;
    std::size_t known = 0;
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
      if (error) return;
      auto& target = result.*member.pointer;
      using Field = std::remove_cvref_t<decltype(target)>;
      const auto found = object.find(member.name);
      if (found == object.end()) {
        if constexpr (!IsOptional<Field>::value) error = Error::invalid(prefix + member.name, "is required");
        return;
      }
      ++known;
      auto value = FromJson<Field>::read(found->value(), prefix + member.name);
      if (value)
        target = *std::move(value);
      else
        error = std::move(value).error();
    });
    // An unknown field is named first: "scop is not a known field" helps more than "scope is required".
    if (known < object.size() || error)
      if (auto unknown = first_unknown(object, prefix)) return fail(*std::move(unknown));
    if (error) return fail(*std::move(error));
    return result;
  }

 private:
  static std::optional<Error> first_unknown(const boost::json::object& object, const std::string& prefix) {
    for (const auto& entry : object) {
      bool known = false;
      boost::mp11::mp_for_each<Members<T>>([&](auto member) { known = known || entry.key() == member.name; });
      if (!known) return Error::invalid(prefix + std::string(entry.key()), "is not a known field");
    }
    return std::nullopt;
  }
};

// A described type from a query: every member is optional or has a default.
template <class T>
Result<T> from_query(const http::Query& query) {
  T result;
  std::optional<Error> error;
  for (const auto& parameter : query.parameters()) {
    bool known = false;
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
      if (known || error || parameter.name != member.name) return;
      known = true;
      auto& target = result.*member.pointer;
      using Field = std::remove_cvref_t<decltype(target)>;
      static_assert(IsOptional<Field>::value, "a query parameter is optional");
      using Value = typename Field::value_type;
      if constexpr (std::same_as<Value, bool>) {
        if (parameter.value == "true" || parameter.value == "false")
          target = parameter.value == "true";
        else
          error = Error::invalid(parameter.name, "must be true or false");
      } else {
        auto value = FromText<Value>::read(parameter.value, parameter.name);
        if (value)
          target = *std::move(value);
        else
          error = std::move(value).error();
      }
    });
    if (error) return fail(*std::move(error));
    if (!known) return fail_invalid(parameter.name, "is not a known query parameter");
  }
  return result;
}

}  // namespace kaito::api
