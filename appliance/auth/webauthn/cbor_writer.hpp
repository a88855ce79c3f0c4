// Writes CTAP2 canonical CBOR. The caller gives map keys in canonical order.
#pragma once

#include <string_view>

#include "appliance/base/bytes.hpp"

namespace kaito::webauthn::cbor {

class Writer {
 public:
  Writer& integer(std::int64_t value);
  Writer& bytes(ByteView value);
  Writer& text(std::string_view value);
  Writer& boolean(bool value);
  Writer& array(std::size_t elements);  // its elements follow
  Writer& map(std::size_t entries);     // its keys and values follow
  Writer& raw(ByteView encoded);        // one item that is encoded already
  [[nodiscard]] const Bytes& view() const noexcept { return out_; }
  [[nodiscard]] Bytes take() noexcept { return std::move(out_); }

 private:
  void head(std::uint8_t major, std::uint64_t argument);
  Bytes out_;
};

}  // namespace kaito::webauthn::cbor
