#include "appliance/crypto/sha256.hpp"

#include <openssl/evp.h>

#include "appliance/base/invariant.hpp"

namespace kaito::crypto {
namespace {

// One a thread, kept.
class Sha256 {
 public:
  Sha256() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    KAITO_INVARIANT(algorithm_ != nullptr && context_ != nullptr);
  }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }

  ByteArray<32> operator()(std::initializer_list<ByteView> parts) noexcept {
    ByteArray<32> hash{};
    unsigned size = 0;
    bool good = EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1;
    for (const ByteView part : parts) good = good && EVP_DigestUpdate(context_, part.data(), part.size()) == 1;
    good = good && EVP_DigestFinal_ex(context_, hash.data(), &size) == 1 && size == hash.size();
    KAITO_INVARIANT(good);
    return hash;
  }

 private:
  EVP_MD* algorithm_;
  EVP_MD_CTX* context_;
};

}  // namespace

ByteArray<32> sha256(std::initializer_list<ByteView> parts) noexcept {
  thread_local Sha256 hasher;
  return hasher(parts);
}

}  // namespace kaito::crypto
