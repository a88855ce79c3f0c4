#include "hsm/token_files.hpp"

#include <gtest/gtest.h>

#include "hsm/softhsm_object_file.hpp"

namespace kaito::hsm {
namespace {

const TokenFiles kFiles{{"uuid/generation", Bytes(8)}, {"uuid/token.object", Bytes{1, 2, 3}}, {"uuid/empty", {}}};

TEST(TokenCopy, IsReadAsItWasWritten) {
  const auto files = parse_token_files(serialize_token_files(kFiles));
  ASSERT_TRUE(files);
  EXPECT_EQ(*files, kFiles);
}

TEST(TokenCopy, IsRefusedWhenAnyBitOfItIsFlippedOrItIsCut) {
  const Bytes text = serialize_token_files(kFiles);
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    Bytes changed = text;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(parse_token_files(changed)) << bit;
  }
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(parse_token_files(ByteView(text).first(size))) << size;
}

TEST(TokenCopy, NeverLeadsOutOfItsDirectory) {
  for (const char* path : {"../etc/passwd", "/etc/passwd", "a/../../b", "", ".."})
    EXPECT_FALSE(parse_token_files(serialize_token_files({{path, Bytes{1}}}))) << path;
}

Bytes object_with(std::initializer_list<std::uint64_t> numbers) {
  Bytes file;
  append_u64(file, 1);  // generation
  for (const auto number : numbers) append_u64(file, number);
  return file;
}

TEST(SoftHsmObject, TellsTheTypesOfItsAttributes) {
  Bytes file = object_with({0x80005349, 3, 4});
  append(file, Bytes(4, ' '));
  append_u64(file, 0x8000534b);
  append_u64(file, 2);
  append_u64(file, 0x42d);
  append_u64(file, 2);
  append_u64(file, 1);
  append_u8(file, 0xff);
  const auto types = read_softhsm_object(file);
  ASSERT_TRUE(types);
  EXPECT_EQ(*types, (std::set<std::uint64_t>{2, 0x80005349, 0x8000534b}));
}

TEST(SoftHsmObject, IsRefusedWhenEmptyCutOrOfAnotherKind) {
  EXPECT_FALSE(read_softhsm_object({}));
  EXPECT_FALSE(read_softhsm_object(object_with({})));
  EXPECT_FALSE(read_softhsm_object(object_with({1})));
  EXPECT_FALSE(read_softhsm_object(object_with({1, 2})));
  EXPECT_FALSE(read_softhsm_object(object_with({1, 3, 1000})));
  EXPECT_FALSE(read_softhsm_object(object_with({1, 3, ~std::uint64_t{0}})));
  EXPECT_FALSE(read_softhsm_object(object_with({1, 5, ~std::uint64_t{0}})));
  EXPECT_FALSE(read_softhsm_object(object_with({1, 9, 0})));
  EXPECT_FALSE(read_softhsm_object(Bytes(70'000)));
}

}  // namespace
}  // namespace kaito::hsm
