// HMAC (RFC 2104, FIPS 198-1) without a heap allocation and without a copy of the key left behind.
//
// OpenSSL's EVP_MAC allocates on every key change and keeps a copy of the key in the context until the next one, and
// its one-shot HMAC() fetches the digest by name on every call. Here the digests are fetched once per process, each
// thread keeps one digest context per function, and the padded key lives on the stack and is wiped.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "appliance/base/bytes.hpp"
#include "appliance/base/result.hpp"

namespace kaito::crypto {

enum class HashFunction : std::uint8_t { sha1, sha256, sha512 };

inline constexpr std::size_t kMaxMacBytes = 64;

// A tag of 20, 32 or 64 bytes. It does not give away the key; whoever must not show it wipes it.
struct Mac {
  std::array<std::uint8_t, kMaxMacBytes> bytes{};
  std::size_t size = 0;
  [[nodiscard]] ByteView view() const noexcept { return {bytes.data(), size}; }
};

// Any key and message length. Fails with Code::internal only when OpenSSL does. Thread-safe.
Result<Mac> hmac(HashFunction function, ByteView key, ByteView message);

}  // namespace kaito::crypto
