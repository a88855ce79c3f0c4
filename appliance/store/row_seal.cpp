#include "appliance/store/row_seal.hpp"

#include "appliance/base/invariant.hpp"
#include "appliance/crypto/hmac.hpp"

namespace kaito::store {

void RowSeal::set_key(RowKey key) {
  KAITO_INVARIANT(!ready_ && key.size() == kRowKeyBytes);
  key_.emplace(std::move(key));
  ready_.store(true, std::memory_order_release);
}

std::optional<ByteArray<32>> RowSeal::mac(ByteView fields) const {
  if (!ready_.load(std::memory_order_acquire)) return std::nullopt;
  const auto tag = crypto::hmac(crypto::HashFunction::sha256, std::as_const(*key_).expose_secret(), fields);
  KAITO_INVARIANT(tag.has_value());  // fails only when OpenSSL cannot hash
  ByteArray<32> out{};
  std::copy_n(tag->bytes.begin(), out.size(), out.begin());
  return out;
}

}  // namespace kaito::store
