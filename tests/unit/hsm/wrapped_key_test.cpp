#include "hsm/wrapped_key.hpp"

#include <gtest/gtest.h>

namespace kaito::hsm {
namespace {

WrappedKey sample() {
  WrappedKey key{.platform_version = 0x01020304};
  key.iv.fill(0x11);
  key.binding.fill(0x22);
  key.wrapped.fill(0x33);
  return key;
}

TEST(WrappedKey, HasTheDocumentedBytes) {
  EXPECT_EQ(to_hex(sample().serialize()),
            "010101020304" + to_hex(Bytes(12, 0x11)) + to_hex(Bytes(32, 0x22)) + to_hex(Bytes(40, 0x33)));
}

TEST(WrappedKey, IsReadAsItWasWritten) {
  const auto key = WrappedKey::parse(sample().serialize());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->serialize(), sample().serialize());
  EXPECT_EQ(key->platform_version, 0x01020304u);
}

TEST(WrappedKey, IsRefusedWhenCutLongerOrOfAnotherKind) {
  const Bytes blob = sample().serialize();
  for (std::size_t size = 0; size < blob.size(); ++size)
    EXPECT_EQ(WrappedKey::parse(ByteView(blob).first(size)).error().code, Code::integrity) << size;
  Bytes longer = blob;
  longer.push_back(0);
  EXPECT_FALSE(WrappedKey::parse(longer));
  for (const std::size_t at : {0u, 1u}) {
    Bytes other = blob;
    other[at] = 2;
    EXPECT_FALSE(WrappedKey::parse(other)) << at;
  }
}

TEST(WrappedKey, BindsItsVersionItsKeyAndItsPlace) {
  const Bytes place{1, 2, 3};
  const Bytes bound = sample().binding_aad(place);
  auto other_version = sample();
  ++other_version.platform_version;
  auto other_key = sample();
  other_key.wrapped[0] ^= 1;
  EXPECT_NE(other_version.binding_aad(place), bound);
  EXPECT_NE(other_key.binding_aad(place), bound);
  EXPECT_NE(sample().binding_aad(Bytes{1, 2}), bound);
}

}  // namespace
}  // namespace kaito::hsm
