#include "luks/ways/sealed_share.hpp"

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <algorithm>
#include <memory>

namespace kaito::luks {
namespace {

constexpr std::string_view kPurpose = "kaito fido2 quorum share 1";
constexpr std::size_t kIvBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kPlainBytes = 1 + kCheckedShareBytes;
static_assert(kSealedShareBytes == kIvBytes + kPlainBytes + kTagBytes);

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};

Result<WayBytes> derive(const WayBytes& secret) {
  const std::unique_ptr<EVP_PKEY_CTX, FreeContext> context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
  WayBytes key(kWayBytes);
  std::size_t size = key.size();
  const ByteView input = secret.expose_secret();
  const ByteView info = as_bytes(kPurpose);
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) != 1 ||
      EVP_PKEY_CTX_set1_hkdf_key(context.get(), input.data(), static_cast<int>(input.size())) != 1 ||
      EVP_PKEY_CTX_add1_hkdf_info(context.get(), info.data(), static_cast<int>(info.size())) != 1 ||
      EVP_PKEY_derive(context.get(), key.expose_secret().data(), &size) != 1 || size != key.size())
    return fail(Code::internal, "HKDF failed");
  return key;
}

// Starts AES-256-GCM with the credential as AAD.
bool start(EVP_CIPHER_CTX* context, bool encrypt, const WayBytes& key, ByteView iv, ByteView credential) {
  int size = 0;
  return context &&
         EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nullptr, key.expose_secret().data(), iv.data(), encrypt) == 1 &&
         EVP_CipherUpdate(context, nullptr, &size, credential.data(), static_cast<int>(credential.size())) == 1;
}

}  // namespace

Result<Bytes> seal_share(const WayBytes& secret, const Share& share, ByteView credential, Random& random) {
  if (share.y.size() != kCheckedShareBytes) return fail_invalid("share", "is not of the right size");
  KAITO_TRY(const WayBytes key, derive(secret));
  ShareBytes plain(kPlainBytes);
  plain.expose_secret()[0] = share.x;
  std::ranges::copy(share.y.expose_secret(), plain.expose_secret().begin() + 1);
  Bytes sealed(kSealedShareBytes);
  const std::span<std::uint8_t> iv = std::span(sealed).first(kIvBytes);
  random.fill(iv);
  const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!start(context.get(), true, key, iv, credential) ||
      EVP_CipherUpdate(context.get(), sealed.data() + kIvBytes, &size, plain.expose_secret().data(),
                       static_cast<int>(kPlainBytes)) != 1 ||
      EVP_CipherFinal_ex(context.get(), nullptr, &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, sealed.data() + kIvBytes + kPlainBytes) != 1)
    return fail(Code::internal, "AES-GCM failed");
  return sealed;
}

Result<Share> open_share(const WayBytes& secret, ByteView sealed, ByteView credential) {
  if (sealed.size() != kSealedShareBytes) return fail(Code::integrity, "a sealed share is of another size");
  KAITO_TRY(const WayBytes key, derive(secret));
  ShareBytes plain(kPlainBytes);
  Bytes tag(sealed.end() - kTagBytes, sealed.end());
  const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!start(context.get(), false, key, sealed.first(kIvBytes), credential) ||
      EVP_CipherUpdate(context.get(), plain.expose_secret().data(), &size, sealed.data() + kIvBytes,
                       static_cast<int>(kPlainBytes)) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) != 1 ||
      EVP_CipherFinal_ex(context.get(), nullptr, &size) != 1)
    return fail(Code::integrity, "a sealed share was altered, or belongs to another security key");
  return Share{.x = plain.expose_secret()[0], .y = ShareBytes::copy_of(ByteView(plain.expose_secret()).subspan(1))};
}

}  // namespace kaito::luks
