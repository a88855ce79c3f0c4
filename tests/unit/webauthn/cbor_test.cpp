#include "appliance/auth/webauthn/cbor.hpp"

#include <gtest/gtest.h>

#include "appliance/auth/webauthn/cbor_writer.hpp"

namespace kaito::webauthn::cbor {
namespace {

Result<Value> decode_hex(std::string_view hex, KeyOrder order = KeyOrder::canonical) {
  static thread_local Bytes bytes;
  bytes = *from_hex(hex);
  return decode(bytes, order);
}

std::string problem(std::string_view hex, KeyOrder order = KeyOrder::canonical) {
  const auto decoded = decode_hex(hex, order);
  return decoded ? "accepted" : decoded.error().detail;
}

TEST(Cbor, ReadsEachTypeThatAuthenticatorsSend) {
  EXPECT_EQ(decode_hex("17")->integer(), 23);
  EXPECT_EQ(decode_hex("1818")->integer(), 24);
  EXPECT_EQ(decode_hex("390100")->integer(), -257);
  EXPECT_EQ(decode_hex("1b7fffffffffffffff")->integer(), INT64_MAX);
  EXPECT_EQ(decode_hex("3b7fffffffffffffff")->integer(), INT64_MIN);
  EXPECT_EQ(decode_hex("63666d74")->text(), "fmt");
  EXPECT_EQ(decode_hex("430102ff")->content.size(), 3U);
  EXPECT_EQ(decode_hex("83010203")->items.size(), 3U);
  EXPECT_TRUE(decode_hex("f5")->is(Type::simple));
  EXPECT_EQ(problem("fb3ff0000000000000"), "accepted");
  const auto map = decode_hex("a201022001");
  ASSERT_TRUE(map);
  EXPECT_EQ(map->find(1)->integer(), 2);
  EXPECT_EQ(map->find(-1)->integer(), 1);
  EXPECT_EQ(map->find(7), nullptr);
}

TEST(Cbor, HasNoIntegerForWhatDoesNotFit) {
  EXPECT_EQ(decode_hex("1bffffffffffffffff")->integer(), std::nullopt);
  EXPECT_EQ(decode_hex("3bffffffffffffffff")->integer(), std::nullopt);
}

TEST(Cbor, RefusesEveryTruncation) {
  const Bytes whole = *from_hex("a363666d7464616263646761747453746d74a068617574684461746143010203");
  ASSERT_TRUE(decode(whole, KeyOrder::any));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode(ByteView(whole).first(size), KeyOrder::any)) << size;
}

TEST(Cbor, RefusesNumbersThatAreNotTheShortest) {
  for (const std::string_view hex : {"1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff", "380a", "580100",
                                     "780161", "980101", "b8010102"})
    EXPECT_NE(problem(hex).find("shortest form"), std::string::npos) << hex;
}

TEST(Cbor, RefusesIndefiniteLengths) {
  for (const std::string_view hex : {"5f4101ff", "7f6161ff", "9f01ff", "bf0102ff"})
    EXPECT_NE(problem(hex).find("indefinite length"), std::string::npos) << hex;
}

TEST(Cbor, RefusesTagsReservedLengthsAndUnassignedSimpleValues) {
  EXPECT_NE(problem("c001").find("tags"), std::string::npos);
  EXPECT_NE(problem("1c").find("reserved"), std::string::npos);
  for (const std::string_view hex : {"e0", "f800", "f820", "ff"}) EXPECT_NE(problem(hex), "accepted") << hex;
}

TEST(Cbor, RefusesDuplicateKeysInAnyOrder) {
  EXPECT_NE(problem("a201020103", KeyOrder::any).find("duplicate"), std::string::npos);
  EXPECT_NE(problem("a3010202030104", KeyOrder::any).find("duplicate"), std::string::npos);
}

TEST(Cbor, WantsKeysSortedWhereAuthenticatorsWroteThem) {
  EXPECT_EQ(problem("a301020302200a"), "accepted");                         // 1, 3, -1
  EXPECT_NE(problem("a220010102").find("order"), std::string::npos);        // -1 before 1
  EXPECT_NE(problem("a262616101616202").find("order"), std::string::npos);  // longer before shorter
  EXPECT_EQ(problem("a262616101616202", KeyOrder::any), "accepted");
}

TEST(Cbor, RefusesKeysThatAreNeitherIntegerNorText) {
  EXPECT_NE(problem("a1410102").find("map key"), std::string::npos);
  EXPECT_NE(problem("a1f502").find("map key"), std::string::npos);
}

TEST(Cbor, RefusesTextThatIsNotUtf8) {
  for (const std::string_view hex : {"61ff", "62c080", "63eda080", "64f4908080", "61c3", "63e28228"})
    EXPECT_NE(problem(hex).find("UTF-8"), std::string::npos) << hex;
  EXPECT_EQ(problem("64f09f9880"), "accepted");
}

TEST(Cbor, RefusesTrailingBytesButReadsAPrefixWhenAsked) {
  EXPECT_NE(problem("0102").find("trailing"), std::string::npos);
  const Bytes two = *from_hex("a1010205");
  const auto first = decode_first(two, KeyOrder::canonical);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->encoded.size(), 3U);
}

TEST(Cbor, BoundsDepthAndCountBeforeItAllocates) {
  Bytes deep(20, 0x81);
  deep.push_back(0x01);
  EXPECT_FALSE(decode(deep, KeyOrder::any));
  EXPECT_FALSE(decode(*from_hex("9b7fffffffffffffff"), KeyOrder::any));
  EXPECT_FALSE(decode(*from_hex("bb7fffffffffffffff"), KeyOrder::any));
  EXPECT_FALSE(decode(*from_hex("5b7fffffffffffffff"), KeyOrder::any));
  Writer many;
  many.array(kMaxItems);
  for (std::size_t i = 0; i < kMaxItems; ++i) many.integer(0);
  EXPECT_FALSE(decode(many.view(), KeyOrder::any));
}

TEST(Cbor, ReadsBackWhatItWrites) {
  Writer writer;
  writer.map(4).integer(1).integer(-65536).integer(2).bytes(Bytes(300, 7)).integer(3).text("é").integer(4).array(2);
  writer.boolean(true).boolean(false);
  const auto value = decode(writer.view(), KeyOrder::canonical);
  ASSERT_TRUE(value) << value.error().describe();
  EXPECT_EQ(value->find(1)->integer(), -65536);
  EXPECT_EQ(value->find(2)->content.size(), 300U);
  EXPECT_EQ(value->find(3)->text(), "é");
  EXPECT_EQ(value->find(4)->items[0].argument, 21U);
}

}  // namespace
}  // namespace kaito::webauthn::cbor
