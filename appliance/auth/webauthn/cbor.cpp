#include "appliance/auth/webauthn/cbor.hpp"

#include <algorithm>
#include <limits>

#include "appliance/auth/webauthn/utf8.hpp"

namespace kaito::webauthn::cbor {
namespace {

std::unexpected<Error> malformed(std::size_t offset, std::string_view what) {
  return fail(Code::invalid_request, fmt::format("CBOR at byte {}: {}", offset, what));
}

// CTAP 2.1 §8: lower major type first, then shorter, then bytewise.
bool key_precedes(const Value& a, const Value& b) {
  const auto major_a = a.encoded[0] >> 5;
  const auto major_b = b.encoded[0] >> 5;
  if (major_a != major_b) return major_a < major_b;
  if (a.encoded.size() != b.encoded.size()) return a.encoded.size() < b.encoded.size();
  return std::ranges::lexicographical_compare(a.encoded, b.encoded);
}

class Decoder {
 public:
  Decoder(ByteView input, KeyOrder order) noexcept : input_(input), order_(order) {}

  Result<Value> item(int depth) {
    if (depth > kMaxDepth) return malformed(at_, "nested too deeply");
    if (++items_ > kMaxItems) return malformed(at_, "too many items");
    const std::size_t start = at_;
    if (at_ >= input_.size()) return malformed(at_, "ends too early");
    const std::uint8_t initial = input_[at_++];
    Value value;
    if ((initial >> 5) == 7) {
      KAITO_TRY(value, simple(initial & 0x1f));
    } else {
      KAITO_TRY(value.argument, argument(initial & 0x1f));
      KAITO_CHECK(body(value, initial >> 5, depth));
    }
    value.encoded = input_.subspan(start, at_ - start);
    return value;
  }

  [[nodiscard]] std::size_t at() const noexcept { return at_; }

 private:
  Result<std::uint64_t> argument(int info) {
    if (info < 24) return static_cast<std::uint64_t>(info);
    if (info > 27) return malformed(at_ - 1, info == 31 ? "indefinite length" : "reserved length");
    const std::size_t width = std::size_t{1} << (info - 24);
    if (input_.size() - at_ < width) return malformed(at_, "ends too early");
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < width; ++i) number = number << 8 | input_[at_ + i];
    const std::uint64_t shorter_holds = width == 1 ? 23 : (std::uint64_t{1} << (width * 4)) - 1;
    if (number <= shorter_holds) return malformed(at_ - 1, "number is not in its shortest form");
    at_ += width;
    return number;
  }

  Result<Value> simple(int info) {
    if (info < 20 || info == 24 || info > 27) return malformed(at_ - 1, "simple value is not one that WebAuthn uses");
    Value value{.type = Type::simple, .argument = static_cast<std::uint64_t>(info)};
    if (info < 24) return value;
    const std::size_t width = std::size_t{1} << (info - 24);  // 2, 4 or 8 bytes of float
    if (input_.size() - at_ < width) return malformed(at_, "ends too early");
    at_ += width;
    return value;
  }

  Status body(Value& value, int major, int depth) {
    switch (major) {
      case 0: value.type = Type::unsigned_integer; return {};
      case 1: value.type = Type::negative_integer; return {};
      case 2: value.type = Type::bytes; return string(value);
      case 3: value.type = Type::text; return string(value);
      case 4: value.type = Type::array; return array(value, depth);
      case 5: value.type = Type::map; return map(value, depth);
      default: return malformed(at_, "tags are not allowed");
    }
  }

  Status string(Value& value) {
    if (value.argument > input_.size() - at_) return malformed(at_, "string is longer than the input");
    value.content = input_.subspan(at_, static_cast<std::size_t>(value.argument));
    if (value.type == Type::text && !is_utf8(value.content)) return malformed(at_, "text is not UTF-8");
    at_ += value.content.size();
    return {};
  }

  Status array(Value& value, int depth) {
    if (value.argument > kMaxItems) return malformed(at_, "too many items");
    for (std::uint64_t i = 0; i < value.argument; ++i) {
      KAITO_TRY(Value element, item(depth + 1));
      value.items.push_back(std::move(element));
    }
    return {};
  }

  Status map(Value& value, int depth) {
    if (value.argument > kMaxItems) return malformed(at_, "too many items");
    for (std::uint64_t i = 0; i < value.argument; ++i) {
      const std::size_t key_at = at_;
      KAITO_TRY(Value key, item(depth + 1));
      if (!key.integer() && !key.is(Type::text)) return malformed(key_at, "map key is neither integer nor text");
      KAITO_CHECK(fits(value, key, key_at));
      KAITO_TRY(Value mapped, item(depth + 1));
      value.items.push_back(std::move(key));
      value.items.push_back(std::move(mapped));
    }
    return {};
  }

  [[nodiscard]] Status fits(const Value& map, const Value& key, std::size_t key_at) const {
    for (std::size_t i = 0; i < map.items.size(); i += 2)
      if (std::ranges::equal(map.items[i].encoded, key.encoded)) return malformed(key_at, "duplicate map key");
    if (order_ == KeyOrder::canonical && !map.items.empty() && !key_precedes(map.items[map.items.size() - 2], key))
      return malformed(key_at, "map keys are not in canonical order");
    return {};
  }

  ByteView input_;
  KeyOrder order_;
  std::size_t at_ = 0;
  std::size_t items_ = 0;
};

}  // namespace

std::optional<std::int64_t> Value::integer() const noexcept {
  if (type != Type::unsigned_integer && type != Type::negative_integer) return std::nullopt;
  if (argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  const auto magnitude = static_cast<std::int64_t>(argument);
  return type == Type::unsigned_integer ? magnitude : -1 - magnitude;
}

std::optional<std::string_view> Value::text() const noexcept {
  if (type != Type::text) return std::nullopt;
  return as_text(content);
}

const Value* Value::find(std::int64_t key) const noexcept {
  if (type != Type::map) return nullptr;
  for (std::size_t i = 0; i < items.size(); i += 2)
    if (items[i].integer() == key) return &items[i + 1];
  return nullptr;
}

const Value* Value::find(std::string_view key) const noexcept {
  if (type != Type::map) return nullptr;
  for (std::size_t i = 0; i < items.size(); i += 2)
    if (items[i].text() == key) return &items[i + 1];
  return nullptr;
}

Result<Value> decode_first(ByteView input, KeyOrder order) { return Decoder(input, order).item(0); }

Result<Value> decode(ByteView input, KeyOrder order) {
  KAITO_TRY(Value value, decode_first(input, order));
  if (value.encoded.size() != input.size()) return malformed(value.encoded.size(), "trailing bytes");
  return value;
}

}  // namespace kaito::webauthn::cbor
