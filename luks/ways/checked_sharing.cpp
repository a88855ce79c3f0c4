#include "luks/ways/checked_sharing.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>

#include "appliance/base/invariant.hpp"

namespace kaito::luks {
namespace {

constexpr std::string_view kDomain = "kaito shared secret 1";

// The first bytes of SHA-256 over the domain and the secret.
void check_of(ByteView secret, std::span<std::uint8_t> check) {
  SharedSecret message(kDomain.size() + secret.size());
  SharedSecret digest(32);
  const auto place = message.expose_secret();
  std::ranges::copy(as_bytes(kDomain), place.begin());
  std::ranges::copy(secret, place.subspan(kDomain.size()).begin());
  KAITO_INVARIANT(
      EVP_Digest(place.data(), place.size(), digest.expose_secret().data(), nullptr, EVP_sha256(), nullptr) == 1);
  std::ranges::copy(digest.expose_secret().first(check.size()), check.begin());
}

}  // namespace

Result<std::vector<Share>> split_checked(ByteView secret, unsigned threshold, unsigned count, Random& random) {
  if (secret.size() != kSharedSecretBytes) return fail_invalid("secret", "is not 32 bytes");
  SharedSecret checked(kCheckedShareBytes);
  const auto place = checked.expose_secret();
  std::ranges::copy(secret, place.begin());
  check_of(secret, place.subspan(kSharedSecretBytes));
  return split_secret(place, threshold, count, random);
}

Result<SharedSecret> combine_checked(const std::vector<Share>& shares) {
  KAITO_TRY(const SharedSecret checked, combine_shares(shares));
  const ByteView whole = checked.expose_secret();
  if (whole.size() != kCheckedShareBytes) return fail_invalid("shares", "are not of the right size");
  const ByteView secret = whole.first(kSharedSecretBytes);
  SharedSecret check(kCheckedShareBytes - kSharedSecretBytes);
  check_of(secret, check.expose_secret());
  if (sodium_memcmp(check.expose_secret().data(), whole.subspan(kSharedSecretBytes).data(), check.size()) != 0)
    return fail(Code::integrity, "these shares do not give a secret together: one is wrong, or there are too few");
  return SharedSecret::copy_of(secret);
}

}  // namespace kaito::luks
