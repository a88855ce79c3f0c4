// JSON Schema (2020-12, as OpenAPI 3.1 uses it) of the types that requests and replies are made of.
#pragma once

#include "appliance/api/json/to_json.hpp"

namespace kaito::api {

// Appends the schema of T.
template <class T>
struct SchemaOf;

template <class T>
std::string schema_of() {
  std::string out;
  SchemaOf<T>::append(out);
  return out;
}

template <>
struct SchemaOf<bool> {
  static void append(std::string& out) { out += R"({"type":"boolean"})"; }
};
template <>
struct SchemaOf<std::string> {
  static void append(std::string& out) { out += R"({"type":"string"})"; }
};
template <>
struct SchemaOf<std::string_view> : SchemaOf<std::string> {};
template <>
struct SchemaOf<ShownOnce> {
  static void append(std::string& out) { out += R"({"type":"string","description":"Shown this once; kept nowhere."})"; }
};
template <>
struct SchemaOf<RawJson> {
  static void append(std::string& out) { out += R"({"type":"object"})"; }
};
template <>
struct SchemaOf<boost::json::value> : SchemaOf<RawJson> {};
template <>
struct SchemaOf<TimePoint> {
  static void append(std::string& out) { out += R"({"type":"string","format":"date-time"})"; }
};
template <class Tag>
struct SchemaOf<Secret<Tag>> {
  static void append(std::string& out) { out += R"({"type":"string","minLength":1,"writeOnly":true})"; }
};
template <class Tag>
struct SchemaOf<Id<Tag>> {
  static void append(std::string& out) { out += R"({"type":"string","format":"uuid"})"; }
};
template <class Integer>
  requires(std::integral<Integer> && !std::same_as<Integer, bool>)
struct SchemaOf<Integer> {
  static void append(std::string& out) { out += R"({"type":"integer"})"; }
};
template <class Integer, Integer Low, Integer High>
struct SchemaOf<Number<Integer, Low, High>> {
  static void append(std::string& out) {
    out += fmt::format(R"({{"type":"integer","minimum":{},"maximum":{}}})", Low, High);
  }
};
template <std::size_t Min, std::size_t Max>
struct SchemaOf<Text<Min, Max>> {
  static void append(std::string& out) {
    out += fmt::format(R"({{"type":"string","minLength":{},"maxLength":{}}})", Min, Max);
  }
};
template <NamedEnum Enum>
struct SchemaOf<Enum> {
  static void append(std::string& out) {
    std::vector<std::string_view> names;
    for (const auto& [value, name] : EnumNames<Enum>::table) names.push_back(name);
    out += R"({"type":"string","enum":)";
    append_json(out, names);
    out.push_back('}');
  }
};
template <class T>
struct SchemaOf<std::optional<T>> : SchemaOf<T> {};
template <class T>
struct SchemaOf<OrNull<T>> {
  static void append(std::string& out) {
    out += R"({"anyOf":[)";
    SchemaOf<T>::append(out);
    out += R"(,{"type":"null"}]})";
  }
};
template <class T>
struct SchemaOf<std::vector<T>> {
  static void append(std::string& out) {
    out += R"({"type":"array","items":)";
    SchemaOf<T>::append(out);
    out.push_back('}');
  }
};
template <class T, std::size_t Max>
struct SchemaOf<List<T, Max>> {
  static void append(std::string& out) {
    out += fmt::format(R"({{"type":"array","maxItems":{},"items":)", Max);
    SchemaOf<T>::append(out);
    out.push_back('}');
  }
};

template <Described T>
struct SchemaOf<T> {
  static void append(std::string& out) {
    out += R"({"type":"object","additionalProperties":false,"properties":{)";
    std::vector<std::string_view> required;
    bool first = true;
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
      using Field = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
      if (!std::exchange(first, false)) out.push_back(',');
      append_json_string(out, member.name);
      out.push_back(':');
      SchemaOf<Field>::append(out);
      if constexpr (!IsOptional<Field>::value) required.emplace_back(member.name);
    });
    out.push_back('}');
    if (!required.empty()) {
      out += R"(,"required":)";
      append_json(out, required);
    }
    out.push_back('}');
  }
};

}  // namespace kaito::api
