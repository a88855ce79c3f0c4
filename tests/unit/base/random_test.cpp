#include "appliance/base/random.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace kaito {
namespace {

// Gives bytes that count up, and counts how often it is asked.
class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) noexcept override {
    ++asked;
    std::iota(out.begin(), out.end(), next_);
    next_ = static_cast<std::uint8_t>(next_ + out.size());
  }
  int asked = 0;

 private:
  std::uint8_t next_ = 0;
};

TEST(PooledRandom, AsksOnceForManyAndGivesNothingTwice) {
  CountingRandom source;
  PooledRandom pooled(source);
  std::vector<std::uint8_t> given;
  for (int i = 0; i < 64; ++i) {
    std::array<std::uint8_t, 12> iv{};
    pooled.fill(iv);
    given.insert(given.end(), iv.begin(), iv.end());
  }
  EXPECT_EQ(source.asked, 1);
  for (std::size_t i = 0; i < given.size(); ++i) ASSERT_EQ(given[i], static_cast<std::uint8_t>(i));
}

TEST(PooledRandom, WhatIsLargerThanItsPoolComesFromTheSource) {
  CountingRandom source;
  PooledRandom pooled(source);
  std::vector<std::uint8_t> large(1025);
  pooled.fill(large);
  EXPECT_EQ(source.asked, 1);
  EXPECT_EQ(large[1024], 0);
  std::array<std::uint8_t, 1> one{};
  pooled.fill(one);
  EXPECT_EQ(source.asked, 2);
  EXPECT_EQ(one[0], 1);
}

}  // namespace
}  // namespace kaito
