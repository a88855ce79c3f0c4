#include "hsm/held_key.hpp"

#include <fmt/format.h>

#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {
namespace {

constexpr std::uint8_t kHeldKeyFormat = 3;
constexpr std::string_view kHeldKeyPurpose = "kaito org KEK binding v3";

void append_head(Bytes& out, const HeldKey& key) {
  append_u8(out, kHeldKeyFormat);
  append_u16(out, static_cast<std::uint16_t>(key.uri.size()));
  append(out, as_bytes(key.uri));
}

Result<ByteView> read_held_part(ByteReader& reader, std::size_t size, std::size_t limit) {
  if (size < 1 || size > limit) return fail(Code::integrity, fmt::format("held org KEK with {} bytes", size));
  return reader.take(size);
}

}  // namespace

Bytes HeldKey::serialize() const {
  Bytes blob;
  append_head(blob, *this);
  append(blob, binding);
  return blob;
}

Result<HeldKey> HeldKey::parse(ByteView blob) {
  ByteReader reader(blob);
  KAITO_TRY(const std::uint8_t format, reader.u8());
  if (format != kHeldKeyFormat) return fail(Code::integrity, fmt::format("held org KEK of format {}", format));
  KAITO_TRY(const std::uint16_t size, reader.u16());
  KAITO_TRY(const ByteView uri, read_held_part(reader, size, kMaxKeyUri));
  KAITO_TRY(const ByteView binding, read_held_part(reader, reader.remaining(), kMaxWrappedDek));
  return HeldKey{.uri = std::string(as_text(uri)), .binding = Bytes(binding.begin(), binding.end())};
}

Bytes HeldKey::binding_aad(ByteView aad) const {
  Bytes text;
  append(text, as_bytes(kHeldKeyPurpose));
  append_head(text, *this);  // says its size: no two different inputs give the same text
  append(text, aad);
  return text;
}

}  // namespace kaito::hsm
