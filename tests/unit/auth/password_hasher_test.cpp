#include "appliance/auth/password_hasher.hpp"

#include <gmock/gmock.h>

namespace kaito::auth {
namespace {

constexpr PasswordCost kCheap{.memory_kib = 8, .passes = 1};

std::unique_ptr<PasswordHasher> open(PasswordHasherConfig config) {
  SystemRandom random;
  auto hasher = PasswordHasher::open(config, random);
  EXPECT_TRUE(hasher);
  return *std::move(hasher);
}

template <class T>
Result<T> wait(Future<Result<T>> future) {
  return sync_wait([](Future<Result<T>> awaited) -> Task<Result<T>> { co_return co_await awaited; }(std::move(future)));
}

Result<std::string> hash(PasswordHasher& hasher, std::string_view password) {
  return wait(hasher.hash(Passphrase::copy_of(password)));
}
Result<bool> verify(PasswordHasher& hasher, std::string_view password, std::string phc) {
  return wait(hasher.verify(Passphrase::copy_of(password), std::move(phc)));
}

TEST(PasswordHasher, S5DefaultsAreArgon2idWith64MebibytesAndThreePasses) {
  const auto hasher = open({.threads = 1});
  const auto phc = hash(*hasher, "correct horse battery");
  ASSERT_TRUE(phc);
  EXPECT_TRUE(phc->starts_with("$argon2id$v=19$m=65536,t=3,p=1$")) << *phc;
  EXPECT_EQ(verify(*hasher, "correct horse battery", *phc).value_or(false), true);
}

TEST(PasswordHasher, TellsTheRightPasswordFromEveryOther) {
  const auto hasher = open({.cost = kCheap});
  const auto phc = hash(*hasher, "correct horse battery");
  ASSERT_TRUE(phc);
  EXPECT_EQ(verify(*hasher, "correct horse battery", *phc).value_or(false), true);
  for (const std::string_view wrong : {"correct horse batterx", "correct horse batter", "correct horse battery ", ""})
    EXPECT_EQ(verify(*hasher, wrong, *phc).value_or(true), false) << wrong;
}

TEST(PasswordHasher, SaltsEachHash) {
  const auto hasher = open({.cost = kCheap});
  EXPECT_NE(*hash(*hasher, "correct horse battery"), *hash(*hasher, "correct horse battery"));
}

// Made by argon2id_hash_encoded() of the reference implementation (libargon2), which the argon2 command runs:
//   printf 'correct horse battery' | argon2 somesaltsomesalt -id -t 1 -k 8 -p 1 -l 32 -e
TEST(PasswordHasher, VerifiesAHashOfTheReferenceImplementation) {
  const auto hasher = open({.cost = kCheap});
  const std::string phc =
      "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$p15c/TOJ3ovY07sMZYG2VvFjxPpwKMT5GPQgPMRev2o";
  EXPECT_EQ(verify(*hasher, "correct horse battery", phc).value_or(false), true);
  EXPECT_EQ(verify(*hasher, "correct horse batterz", phc).value_or(true), false);
}

TEST(PasswordHasher, RefusesStoredHashesThatAreDamagedOrWouldCostMoreThanConfigured) {
  const auto hasher = open({.cost = kCheap});
  const std::string good = *hash(*hasher, "correct horse battery");
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = good;
    return changed.replace(changed.find(from), from.size(), to);
  };
  for (const std::string& bad :
       {std::string(), std::string("x"), with("argon2id", "argon2i"), with("v=19", "v=16"), with("m=8", "m=4194304"),
        with("t=1", "t=4294967295"), with("t=1", "t=99999999999"), with("p=1", "p=4"), with("m=8", "m=-8"),
        with("m=8,", "m=8"), good + std::string(200, 'A')}) {
    const auto result = verify(*hasher, "correct horse battery", bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, Code::integrity);
  }
}

TEST(PasswordHasher, ADummyVerifyIsNeverTrue) {
  const auto hasher = open({.cost = kCheap});
  EXPECT_EQ(wait(hasher->verify_dummy(Passphrase::copy_of("anything"))).value_or(true), false);
}

TEST(PasswordHasher, WantsAHashOfAnotherCostReplaced) {
  const auto cheap = open({.cost = kCheap});
  const auto dearer = open({.cost = {.memory_kib = 16, .passes = 1}});
  const std::string phc = *hash(*cheap, "correct horse battery");
  EXPECT_FALSE(cheap->needs_rehash(phc));
  EXPECT_TRUE(dearer->needs_rehash(phc));
  EXPECT_TRUE(cheap->needs_rehash("damaged"));
}

TEST(PasswordHasher, F74RefusesWhatItsQueueCannotHold) {
  const auto hasher = open({.threads = 1, .queue_limit = 4, .cost = {.memory_kib = 8192, .passes = 2}});
  std::vector<Future<Result<std::string>>> futures;
  for (int i = 0; i < 200; ++i) futures.push_back(hasher->hash(Passphrase::copy_of("correct horse battery")));
  int done = 0;
  int refused = 0;
  for (auto& future : futures) {
    const auto result = wait(std::move(future));
    if (result) {
      ++done;
    } else {
      ASSERT_EQ(result.error().code, Code::rate_limited);
      ++refused;
    }
  }
  EXPECT_GE(done, 4);
  EXPECT_GE(refused, 100);
}

TEST(PasswordHasher, EndsWithoutLeavingAnybodyWaiting) {
  std::vector<Future<Result<std::string>>> futures;
  {
    const auto hasher = open({.threads = 1, .cost = {.memory_kib = 8192, .passes = 2}});
    for (int i = 0; i < 20; ++i) futures.push_back(hasher->hash(Passphrase::copy_of("correct horse battery")));
  }
  for (auto& future : futures) static_cast<void>(wait(std::move(future)));
}

TEST(PasswordHasher, RefusesConfigurationsOutOfBounds) {
  SystemRandom random;
  for (const PasswordHasherConfig& config :
       {PasswordHasherConfig{.threads = 0}, PasswordHasherConfig{.threads = 65}, PasswordHasherConfig{.queue_limit = 0},
        PasswordHasherConfig{.cost = {.memory_kib = 1}}, PasswordHasherConfig{.cost = {.passes = 0}}}) {
    const auto hasher = PasswordHasher::open(config, random);
    ASSERT_FALSE(hasher);
    EXPECT_EQ(hasher.error().code, Code::configuration);
  }
}

}  // namespace
}  // namespace kaito::auth
