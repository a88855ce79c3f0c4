#include "hsm/wrapped_key.hpp"

#include <gtest/gtest.h>

#include "hsm/protocol/wrapped_dek.hpp"

namespace kaito::hsm {
namespace {

WrappedKey sample_wrapped_key() {
  return {.scheme = WrapScheme::aes_kw,
          .platform_version = 0x01020304,
          .wrapped = Bytes(40, 0x33),
          .binding = Bytes(61, 0x22)};
}

TEST(WrappedKey, HasTheDocumentedBytes) {
  EXPECT_EQ(to_hex(sample_wrapped_key().serialize()),
            "0201010203040028" + to_hex(Bytes(40, 0x33)) + to_hex(Bytes(61, 0x22)));
}

TEST(WrappedKey, IsReadAsItWasWritten) {
  for (const auto scheme : {WrapScheme::aes_kw, WrapScheme::aes_kwp, WrapScheme::rsa_oaep}) {
    WrappedKey written = sample_wrapped_key();
    written.scheme = scheme;
    written.wrapped.resize(384);
    const auto key = WrappedKey::parse(written.serialize());
    ASSERT_TRUE(key);
    EXPECT_EQ(key->serialize(), written.serialize());
    EXPECT_EQ(key->scheme, scheme);
    EXPECT_EQ(key->platform_version, 0x01020304u);
  }
}

TEST(WrappedKey, IsRefusedWhenCutOrOfAnotherKind) {
  const Bytes blob = sample_wrapped_key().serialize();
  // Where the binding begins it may end too: its size is the rest. What it is worth is for the token to say.
  for (std::size_t size = 0; size <= 8 + 40; ++size)
    EXPECT_EQ(WrappedKey::parse(ByteView(blob).first(size)).error().code, Code::integrity) << size;
  for (const int scheme : {0, 2, 5, 255}) {
    Bytes other = blob;
    other[1] = static_cast<std::uint8_t>(scheme);
    EXPECT_EQ(WrappedKey::parse(other).error().code, Code::integrity) << scheme;
  }
  Bytes other = blob;
  other[0] = 1;
  EXPECT_EQ(WrappedKey::parse(other).error().code, Code::integrity);
}

TEST(WrappedKey, IsRefusedWhenItsPartsAreEmptyOrTooLong) {
  for (const auto& [wrapped, binding] :
       {std::pair{0UL, 61UL}, std::pair{513UL, 61UL}, std::pair{40UL, 0UL}, std::pair{40UL, kMaxWrappedDek + 1}}) {
    WrappedKey key = sample_wrapped_key();
    key.wrapped.resize(wrapped);
    key.binding.resize(binding);
    EXPECT_EQ(WrappedKey::parse(key.serialize()).error().code, Code::integrity) << wrapped << " " << binding;
  }
}

TEST(WrappedKey, BindsItsSchemeItsVersionItsKeyAndItsPlace) {
  const Bytes place{1, 2, 3};
  const Bytes bound = sample_wrapped_key().binding_aad(place);
  auto other_scheme = sample_wrapped_key();
  other_scheme.scheme = WrapScheme::aes_kwp;
  auto other_version = sample_wrapped_key();
  ++other_version.platform_version;
  auto other_key = sample_wrapped_key();
  other_key.wrapped[0] ^= 1;
  EXPECT_NE(other_scheme.binding_aad(place), bound);
  EXPECT_NE(other_version.binding_aad(place), bound);
  EXPECT_NE(other_key.binding_aad(place), bound);
  EXPECT_NE(sample_wrapped_key().binding_aad(Bytes{1, 2}), bound);
}

}  // namespace
}  // namespace kaito::hsm
