// Field types that carry their bounds, so that the parser enforces and the schema states the same limits.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "appliance/base/secret.hpp"

namespace kaito::api {

// UTF-8 of `Min` to `Max` bytes without control characters.
template <std::size_t Min, std::size_t Max>
struct Text {
  std::string value;
};

template <class Integer, Integer Low, Integer High>
struct Number {
  Integer value = Low;
};

// A list of at most `Max` entries.
template <class T, std::size_t Max>
struct List {
  std::vector<T> values;
};

// A token in a reply that is shown this once and kept nowhere.
struct ShownOnce {
  std::string text;
  ShownOnce() = default;
  explicit ShownOnce(std::string token) : text(std::move(token)) {}
  ShownOnce(ShownOnce&&) noexcept = default;
  ShownOnce& operator=(ShownOnce&&) noexcept = default;
  ShownOnce(const ShownOnce&) = delete;
  ShownOnce& operator=(const ShownOnce&) = delete;
  ~ShownOnce() { wipe(text); }
};

// A member of a reply that is always there: null says that nothing is known, where an absent one would say nothing.
template <class T>
struct OrNull {
  std::optional<T> value;
};

// An input or output without members.
struct Nothing {};

}  // namespace kaito::api
