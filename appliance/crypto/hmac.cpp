#include "appliance/crypto/hmac.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstring>
#include <memory>

#include "appliance/base/invariant.hpp"

namespace kaito::crypto {
namespace {

constexpr std::size_t kMaxBlockBytes = 128;

struct Digest {
  explicit Digest(const char* name) : md(EVP_MD_fetch(nullptr, name, nullptr)) {
    KAITO_INVARIANT(md != nullptr);  // libcrypto without SHA is not libcrypto
    block_size = static_cast<std::size_t>(EVP_MD_get_block_size(md));
    size = static_cast<std::size_t>(EVP_MD_get_size(md));
    KAITO_INVARIANT(block_size <= kMaxBlockBytes && size <= kMaxMacBytes);
  }
  EVP_MD* md;  // constant; lives as long as the process
  std::size_t block_size = 0;
  std::size_t size = 0;
};

const Digest& digest_of(HashFunction function) {
  static const std::array<Digest, 3> digests{Digest{"SHA1"}, Digest{"SHA2-256"}, Digest{"SHA2-512"}};
  return digests.at(static_cast<std::size_t>(function));
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

// Allocated once per thread and function; what stays in it after a MAC is the tag's state, not the key's.
EVP_MD_CTX* context_of(HashFunction function) {
  thread_local std::array<std::unique_ptr<EVP_MD_CTX, FreeContext>, 3> contexts;
  auto& context = contexts.at(static_cast<std::size_t>(function));
  if (!context) {
    context.reset(EVP_MD_CTX_new());
    KAITO_INVARIANT(context != nullptr);
  }
  return context.get();
}

struct KeyBlock {
  std::array<std::uint8_t, kMaxBlockBytes> bytes{};
  ~KeyBlock() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  void exclusive_or(std::uint8_t pad) noexcept {
    for (auto& byte : bytes) byte ^= pad;
  }
};

bool hash(EVP_MD_CTX* context, const Digest& digest, ByteView first, ByteView second, std::uint8_t* out) {
  unsigned size = 0;
  return EVP_DigestInit_ex2(context, digest.md, nullptr) == 1 &&
         EVP_DigestUpdate(context, first.data(), first.size()) == 1 &&
         EVP_DigestUpdate(context, second.data(), second.size()) == 1 && EVP_DigestFinal_ex(context, out, &size) == 1;
}

}  // namespace

Result<Mac> hmac(HashFunction function, ByteView key, ByteView message) {
  const Digest& digest = digest_of(function);
  EVP_MD_CTX* context = context_of(function);
  KeyBlock block;
  const ByteView padded(block.bytes.data(), digest.block_size);

  // RFC 2104 §2: a key longer than a block is hashed first.
  if (key.size() > digest.block_size) {
    if (!hash(context, digest, key, {}, block.bytes.data())) return fail(Code::internal, "digest failed");
  } else if (!key.empty()) {
    std::memcpy(block.bytes.data(), key.data(), key.size());
  }

  Mac mac;
  mac.size = digest.size;
  block.exclusive_or(0x36);
  if (!hash(context, digest, padded, message, mac.bytes.data())) return fail(Code::internal, "digest failed");
  block.exclusive_or(0x36 ^ 0x5c);
  if (!hash(context, digest, padded, mac.view(), mac.bytes.data())) return fail(Code::internal, "digest failed");
  return mac;
}

}  // namespace kaito::crypto
