// CBOR (RFC 8949) as CTAP2 canonical form wants it (CTAP 2.1 §8): the strict reader of everything that an authenticator
// sends. Refused: indefinite lengths, integers and lengths that are not the shortest, tags, duplicate map keys, keys
// that are neither integer nor text, text that is not UTF-8, trailing bytes, and more than the limits below.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "appliance/base/bytes.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn::cbor {

inline constexpr int kMaxDepth = 8;            // CTAP2 messages use four
inline constexpr std::size_t kMaxItems = 512;  // in one document, all levels together

enum class Type : std::uint8_t { unsigned_integer, negative_integer, bytes, text, array, map, simple };

// Order of a map's keys. Authenticators must sort them; several browsers rebuild the attestation object and do not.
enum class KeyOrder : std::uint8_t { canonical, any };

// Views point into the decoded input, which must outlive the value.
struct Value {
  Type type = Type::simple;
  std::uint64_t argument = 0;  // unsigned: the value; negative: -1 - value; simple: its number, or a float's bits
  ByteView content{};          // bytes and text
  std::vector<Value> items{};  // array: elements; map: key, value, key, value, …
  ByteView encoded{};          // this item's own bytes

  [[nodiscard]] bool is(Type wanted) const noexcept { return type == wanted; }
  [[nodiscard]] std::size_t size() const noexcept { return type == Type::map ? items.size() / 2 : items.size(); }
  // Integers that fit; none for other types.
  [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
  [[nodiscard]] std::optional<std::string_view> text() const noexcept;
  // A map's value; null when this is no map or lacks the key.
  [[nodiscard]] const Value* find(std::int64_t key) const noexcept;
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;
};

// The one item that `input` consists of. Errors: Code::invalid_request, detail says what and where.
Result<Value> decode(ByteView input, KeyOrder order);

// The item that `input` begins with; `encoded.size()` tells how long it is.
Result<Value> decode_first(ByteView input, KeyOrder order);

}  // namespace kaito::webauthn::cbor
