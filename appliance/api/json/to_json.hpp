// Described types to JSON text, written straight into the reply's buffer.
#pragma once

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <charconv>

#include "appliance/api/json/from_json.hpp"
#include "appliance/base/json_text.hpp"

namespace kaito::api {

// JSON that is complete already (WebAuthn options, checkpoints).
struct RawJson {
  std::string text;
};

inline void append_json(std::string& out, bool value) { out += value ? "true" : "false"; }
inline void append_json(std::string& out, const std::string& value) { append_json_string(out, value); }
inline void append_json(std::string& out, std::string_view value) { append_json_string(out, value); }
inline void append_json(std::string& out, const char*) = delete;
inline void append_json(std::string& out, TimePoint value) { append_json_string(out, to_rfc3339(value)); }
inline void append_json(std::string& out, const ShownOnce& value) { append_json_string(out, value.text); }
inline void append_json(std::string& out, const RawJson& value) { out += value.text; }

template <class Integer>
  requires(std::integral<Integer> && !std::same_as<Integer, bool>)
void append_json(std::string& out, Integer value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

template <class Tag>
void append_json(std::string& out, const Id<Tag>& value) {
  append_json_string(out, value.str());
}

template <NamedEnum Enum>
void append_json(std::string& out, Enum value) {
  append_json_string(out, enum_name(value));
}

template <Described T>
void append_json(std::string& out, const T& value);

template <class T>
void append_json(std::string& out, const std::vector<T>& values) {
  out.push_back('[');
  bool first = true;
  for (const auto& value : values) {
    if (!std::exchange(first, false)) out.push_back(',');
    append_json(out, value);
  }
  out.push_back(']');
}

template <class T>
void append_json(std::string& out, const OrNull<T>& value) {
  if (value.value)
    append_json(out, *value.value);
  else
    out += "null";
}

// An absent optional leaves its member out.
template <Described T>
void append_json(std::string& out, const T& value) {
  out.push_back('{');
  bool first = true;
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    const auto& field = value.*member.pointer;
    using Field = std::remove_cvref_t<decltype(field)>;
    const auto begin_member = [&] {
      if (!std::exchange(first, false)) out.push_back(',');
      append_json_string(out, member.name);
      out.push_back(':');
    };
    if constexpr (IsOptional<Field>::value) {
      if (!field) return;
      begin_member();
      append_json(out, *field);
    } else {
      begin_member();
      append_json(out, field);
    }
  });
  out.push_back('}');
}

}  // namespace kaito::api
