#include "hsm/wrapped_key.hpp"

#include <fmt/format.h>

namespace kaito::hsm {
namespace {

constexpr std::uint8_t kFormatVersion = 1;
constexpr std::string_view kPurpose = "kaito org KEK binding v1";

template <std::size_t N>
Status read_into(ByteReader& reader, ByteArray<N>& out) {
  KAITO_TRY(const ByteView bytes, reader.take(N));
  std::ranges::copy(bytes, out.begin());
  return {};
}

}  // namespace

Bytes WrappedKey::serialize() const {
  Bytes blob;
  append_u8(blob, kFormatVersion);
  append_u8(blob, static_cast<std::uint8_t>(scheme));
  append_u32(blob, platform_version);
  append(blob, iv);
  append(blob, binding);
  append(blob, wrapped);
  return blob;
}

Result<WrappedKey> WrappedKey::parse(ByteView blob) {
  ByteReader reader(blob);
  KAITO_TRY(const std::uint8_t format, reader.u8());
  if (format != kFormatVersion) return fail(Code::integrity, fmt::format("wrapped org KEK of format {}", format));
  KAITO_TRY(const std::uint8_t scheme, reader.u8());
  if (scheme != static_cast<std::uint8_t>(WrapScheme::aes_kw))
    return fail(Code::integrity, fmt::format("wrapped org KEK of scheme {}", scheme));
  WrappedKey key;
  KAITO_TRY(key.platform_version, reader.u32());
  KAITO_CHECK(read_into(reader, key.iv));
  KAITO_CHECK(read_into(reader, key.binding));
  KAITO_CHECK(read_into(reader, key.wrapped));
  KAITO_CHECK(reader.finish());
  return key;
}

Bytes WrappedKey::binding_aad(ByteView aad) const {
  Bytes text;
  append(text, as_bytes(kPurpose));
  append_u8(text, kFormatVersion);
  append_u8(text, static_cast<std::uint8_t>(scheme));
  append_u32(text, platform_version);
  append(text, wrapped);
  append(text, aad);  // last, and the rest is of fixed size: no two different inputs give the same text
  return text;
}

}  // namespace kaito::hsm
