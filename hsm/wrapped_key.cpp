#include "hsm/wrapped_key.hpp"

#include <fmt/format.h>

#include "hsm/protocol/wrapped_dek.hpp"

namespace kaito::hsm {
namespace {

constexpr std::uint8_t kWrappedKeyFormat = 2;
constexpr std::string_view kWrappedKeyPurpose = "kaito org KEK binding v2";
constexpr std::size_t kMaxWrappedOrgKek = 512;  // RSA-OAEP with 4096 bits

bool wraps_org_keks(std::uint8_t scheme) {
  return scheme == static_cast<std::uint8_t>(WrapScheme::aes_kw) ||
         scheme == static_cast<std::uint8_t>(WrapScheme::aes_kwp) ||
         scheme == static_cast<std::uint8_t>(WrapScheme::rsa_oaep);
}

void append_head(Bytes& out, const WrappedKey& key) {
  append_u8(out, kWrappedKeyFormat);
  append_u8(out, static_cast<std::uint8_t>(key.scheme));
  append_u32(out, key.platform_version);
  append_u16(out, static_cast<std::uint16_t>(key.wrapped.size()));
  append(out, key.wrapped);
}

Result<Bytes> read_wrapped_part(ByteReader& reader, std::size_t size, std::size_t limit) {
  if (size < 1 || size > limit) return fail(Code::integrity, fmt::format("wrapped org KEK with {} bytes", size));
  KAITO_TRY(const ByteView bytes, reader.take(size));
  return Bytes(bytes.begin(), bytes.end());
}

}  // namespace

Bytes WrappedKey::serialize() const {
  Bytes blob;
  append_head(blob, *this);
  append(blob, binding);
  return blob;
}

Result<WrappedKey> WrappedKey::parse(ByteView blob) {
  ByteReader reader(blob);
  KAITO_TRY(const std::uint8_t format, reader.u8());
  if (format != kWrappedKeyFormat) return fail(Code::integrity, fmt::format("wrapped org KEK of format {}", format));
  KAITO_TRY(const std::uint8_t scheme, reader.u8());
  if (!wraps_org_keks(scheme)) return fail(Code::integrity, fmt::format("wrapped org KEK of scheme {}", scheme));
  WrappedKey key;
  key.scheme = static_cast<WrapScheme>(scheme);
  KAITO_TRY(key.platform_version, reader.u32());
  KAITO_TRY(const std::uint16_t size, reader.u16());
  KAITO_TRY(key.wrapped, read_wrapped_part(reader, size, kMaxWrappedOrgKek));
  KAITO_TRY(key.binding, read_wrapped_part(reader, reader.remaining(), kMaxWrappedDek));
  return key;
}

Bytes WrappedKey::binding_aad(ByteView aad) const {
  Bytes text;
  append(text, as_bytes(kWrappedKeyPurpose));
  append_head(text, *this);  // says its size: no two different inputs give the same text
  append(text, aad);
  return text;
}

}  // namespace kaito::hsm
