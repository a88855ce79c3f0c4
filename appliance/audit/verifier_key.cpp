#include "appliance/audit/verifier_key.hpp"

#include <openssl/evp.h>

#include <memory>
#include <ranges>

#include "appliance/base/invariant.hpp"

namespace kaito::audit {
namespace {

constexpr std::uint8_t kEd25519Signature = 0x01;  // C2SP signed-note, signature type

// C2SP signed-note: not empty, no Unicode space, no "+". Printable ASCII is all that this product uses.
bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxOrigin) return false;
  return std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != '+'; });
}

ByteArray<4> key_hash(std::string_view name, const ByteArray<32>& public_key) {
  Bytes input(name.begin(), name.end());
  append_u8(input, '\n');
  append_u8(input, kEd25519Signature);
  append(input, public_key);
  ByteArray<EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  const int done = EVP_Q_digest(nullptr, "SHA256", nullptr, input.data(), input.size(), digest.data(), &size);
  KAITO_INVARIANT(done == 1);
  return {digest[0], digest[1], digest[2], digest[3]};
}

}  // namespace

Result<VerifierKey> VerifierKey::make(std::string name, const ByteArray<32>& public_key) {
  if (!is_key_name(name)) return fail(Code::invalid_request, "not a name for a log's key: " + name);
  VerifierKey key;
  key.hash_ = key_hash(name, public_key);
  key.name_ = std::move(name);
  key.public_key_ = public_key;
  return key;
}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  const auto bad = [](std::string_view why) { return fail_invalid("verifier key", std::string(why)); };
  // Base64 can hold "+", names and hex can't: the first two are the separators.
  const auto first = text.find('+');
  const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return bad("must have the form <name>+<hash>+<key>");
  const auto bytes = from_base64(text.substr(second + 1));
  if (!bytes || bytes->size() != 33) return bad("must hold 33 bytes in base64");
  if (bytes->front() != kEd25519Signature) return bad("must be an Ed25519 key");
  ByteArray<32> public_key{};
  std::ranges::copy(*bytes | std::views::drop(1), public_key.begin());
  auto key = make(std::string(text.substr(0, first)), public_key);
  if (!key) return bad("must begin with a name without spaces");
  if (to_hex(key->hash_) != text.substr(first + 1, second - first - 1)) return bad("has a hash that is not its key's");
  return key;
}

std::string VerifierKey::str() const {
  Bytes bytes{kEd25519Signature};
  append(bytes, public_key_);
  return fmt::format("{}+{}+{}", name_, to_hex(hash_), to_base64(bytes));
}

bool VerifierKey::verifies(ByteView message, ByteView signature) const {
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  const std::unique_ptr<EVP_PKEY, Free> key(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, public_key_.data(), public_key_.size()));
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return key && context && signature.size() == 64 &&
         EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(), nullptr) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace kaito::audit
