#include "hsm/lru_cache.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace kaito::hsm {
namespace {

TEST(LruCache, ForgetsWhatWasUsedLongestAgo) {
  LruCache<std::string, int> cache(2);
  cache.insert("a", 1);
  cache.insert("b", 2);
  ASSERT_NE(cache.find("a"), nullptr);
  cache.insert("c", 3);
  EXPECT_EQ(cache.find("b"), nullptr);
  EXPECT_EQ(*cache.find("a"), 1);
  EXPECT_EQ(*cache.find("c"), 3);
  EXPECT_EQ(cache.size(), 2u);
}

TEST(LruCache, DestroysWhatItForgets) {
  LruCache<int, std::shared_ptr<int>> cache(1);
  const auto watched = std::make_shared<int>(7);
  cache.insert(1, watched);
  EXPECT_EQ(watched.use_count(), 2);
  cache.insert(2, nullptr);
  EXPECT_EQ(watched.use_count(), 1);
}

TEST(LruCache, IsEmptyAfterItWasCleared) {
  LruCache<int, int> cache(3);
  cache.insert(1, 1);
  cache.clear();
  EXPECT_EQ(cache.find(1), nullptr);
  EXPECT_EQ(cache.size(), 0u);
  cache.insert(1, 2);
  EXPECT_EQ(*cache.find(1), 2);
}

TEST(LruCache, ErasesThoseForWhichTheConditionHolds) {
  LruCache<int, int> cache(4);
  for (int i = 0; i < 4; ++i) cache.insert(i, i);
  cache.erase_if([](int value) { return value % 2 == 1; });
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_NE(cache.find(2), nullptr);
  EXPECT_EQ(cache.find(3), nullptr);
  cache.insert(3, 3);
  EXPECT_EQ(cache.size(), 3u);
}

}  // namespace
}  // namespace kaito::hsm
