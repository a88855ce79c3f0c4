#include "appliance/base/secret.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "appliance/base/log.hpp"

namespace kaito {
namespace {

static_assert(!std::is_copy_constructible_v<Seed>);
static_assert(!std::is_convertible_v<Seed, std::string>);
static_assert(!std::is_constructible_v<LogField, std::string_view, const Seed&>, "a secret cannot be logged");
static_assert(!std::is_same_v<Seed, Dek>);

TEST(Secret, MemoryIsWipedWhenGivenBack) {
  auto secret = Seed::copy_of("correct horse battery staple 32b");
  const std::uint8_t* memory = secret.expose_secret().data();
  secret.reset();
  // The slot stays mapped and locked in its slab; what it held must be gone.
  for (int i = 0; i < 32; ++i) EXPECT_EQ(memory[i], 0) << "at " << i;
}

TEST(Secret, MoveLeavesTheSourceEmpty) {
  auto from = Seed::copy_of("abc");
  const auto to = std::move(from);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): the moved-from state is the subject
  EXPECT_EQ(as_text(to.expose_secret()), "abc");
}

TEST(Secret, ComparesContentAndLength) {
  EXPECT_TRUE(Seed::copy_of("abc") == Seed::copy_of("abc"));
  EXPECT_FALSE(Seed::copy_of("abc") == Seed::copy_of("abd"));
  EXPECT_FALSE(Seed::copy_of("abc") == Seed::copy_of("abcd"));
}

TEST(Secret, LargeSecretsAreHeldToo) {
  Seed large(100'000);
  large.expose_secret().back() = 9;
  EXPECT_EQ(large.duplicate().expose_secret().back(), 9);
}

TEST(Secret, ThreadsNeverShareASlot) {
  std::vector<std::jthread> threads;
  std::atomic<int> mismatches{0};
  for (std::uint8_t id = 0; id < 4; ++id)
    threads.emplace_back([id, &mismatches] {
      for (int round = 0; round < 2000; ++round) {
        Dek key(32);
        std::ranges::fill(key.expose_secret(), id);
        for (const auto byte : key.expose_secret()) mismatches += byte != id;
      }
    });
  threads.clear();
  EXPECT_EQ(mismatches, 0);
}

TEST(WipeString, ClearsTheWholeCapacity) {
  std::string text = "a password that is longer than the small-string buffer";
  const char* memory = text.data();
  const auto size = text.size();
  wipe(text);
  EXPECT_TRUE(text.empty());
  for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(memory[i], 0);
}

}  // namespace
}  // namespace kaito
