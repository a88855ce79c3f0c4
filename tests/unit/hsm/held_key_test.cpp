#include "hsm/held_key.hpp"

#include <gtest/gtest.h>

#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {
namespace {

HeldKey sample_held_key() { return {.uri = "pkcs11:object=k", .binding = Bytes(61, 0x22)}; }

TEST(HeldKey, HasTheDocumentedBytes) {
  EXPECT_EQ(to_hex(sample_held_key().serialize()),
            "03000f" + to_hex(as_bytes("pkcs11:object=k")) + to_hex(Bytes(61, 0x22)));
}

TEST(HeldKey, IsReadAsItWasWritten) {
  const auto key = HeldKey::parse(sample_held_key().serialize());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->uri, sample_held_key().uri);
  EXPECT_EQ(key->binding, sample_held_key().binding);
}

TEST(HeldKey, IsRefusedWhenCutTooLongOrOfAnotherFormat) {
  const Bytes blob = sample_held_key().serialize();
  for (std::size_t size = 0; size <= 3 + sample_held_key().uri.size(); ++size)
    EXPECT_EQ(HeldKey::parse(ByteView(blob).first(size)).error().code, Code::integrity) << size;
  Bytes other = blob;
  other[0] = 2;
  EXPECT_EQ(HeldKey::parse(other).error().code, Code::integrity);
  for (const auto& [uri, binding] :
       {std::pair{0UL, 61UL}, std::pair{kMaxKeyUri + 1, 61UL}, std::pair{15UL, kMaxWrappedDek + 1}})
    EXPECT_EQ(HeldKey::parse(HeldKey{.uri = std::string(uri, 'a'), .binding = Bytes(binding)}.serialize()).error().code,
              Code::integrity);
}

TEST(HeldKey, BindsItsNameAndItsPlace) {
  HeldKey other = sample_held_key();
  other.uri = "pkcs11:object=j";
  EXPECT_NE(other.binding_aad(Bytes{1}), sample_held_key().binding_aad(Bytes{1}));
  EXPECT_NE(sample_held_key().binding_aad(Bytes{2}), sample_held_key().binding_aad(Bytes{1}));
}

}  // namespace
}  // namespace kaito::hsm
