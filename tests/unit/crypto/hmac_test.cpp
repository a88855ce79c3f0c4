#include "appliance/crypto/hmac.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace kaito::crypto {
namespace {

std::string mac_hex(HashFunction function, ByteView key, std::string_view message) {
  const auto mac = hmac(function, key, as_bytes(message));
  return mac ? to_hex(mac->view()) : "failed";
}

// RFC 2202 §3 and RFC 4231 §4.
TEST(Hmac, GivesTheTagsOfTheRfcs) {
  EXPECT_EQ(mac_hex(HashFunction::sha1, Bytes(20, 0x0b), "Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(mac_hex(HashFunction::sha256, as_bytes("Jefe"), "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(mac_hex(HashFunction::sha512, as_bytes("Jefe"), "what do ya want for nothing?"),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d"
            "4a6b4b63"
            "6e070a38bce737");
}

TEST(Hmac, HashesAKeyThatIsLongerThanABlock) {
  constexpr std::string_view kMessage = "Test Using Larger Than Block-Size Key - Hash Key First";
  EXPECT_EQ(mac_hex(HashFunction::sha1, Bytes(80, 0xaa), kMessage), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  EXPECT_EQ(mac_hex(HashFunction::sha256, Bytes(131, 0xaa), kMessage),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, TakesAnEmptyKeyAndAnEmptyMessage) {
  EXPECT_EQ(mac_hex(HashFunction::sha256, {}, ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hmac, IsTheSameOnAllThreadsAtOnce) {
  std::vector<std::jthread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i)
        if (mac_hex(HashFunction::sha1, Bytes(20, 0x0b), "Hi There") != "b617318655057264e28bc0b6fb378c8ef146be00")
          ++wrong;
    });
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace kaito::crypto
