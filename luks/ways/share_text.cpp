// RecoveryShare as printed text: version 1, set, threshold, x, the share and four bytes of SHA-256 over all of it.
#include <openssl/evp.h>

#include <algorithm>

#include "appliance/base/invariant.hpp"
#include "luks/ways/recovery_key.hpp"
#include "luks/ways/typed_text.hpp"

namespace kaito::luks {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kShareChecksumBytes = 4;
constexpr std::size_t kShareAt = 7;  // after version, set, threshold and x
constexpr std::size_t kTextBytes = kShareAt + kCheckedShareBytes + kShareChecksumBytes;
constexpr TypedText kCrockford("0123456789abcdefghjkmnpqrstvwxyz", 5, "o0i1l1");

ByteArray<kShareChecksumBytes> checksum(ByteView content) {
  SharedSecret digest(32);
  KAITO_INVARIANT(
      EVP_Digest(content.data(), content.size(), digest.expose_secret().data(), nullptr, EVP_sha256(), nullptr) == 1);
  ByteArray<kShareChecksumBytes> check;
  std::ranges::copy(digest.expose_secret().first(kShareChecksumBytes), check.begin());
  return check;
}

}  // namespace

Passphrase share_text(const RecoveryShare& share) {
  KAITO_INVARIANT(share.share.y.size() == kCheckedShareBytes);
  ShareBytes bytes(kTextBytes);
  const auto place = bytes.expose_secret();
  place[0] = kVersion;
  std::ranges::copy(share.set, place.begin() + 1);
  place[5] = share.threshold;
  place[6] = share.share.x;
  std::ranges::copy(share.share.y.expose_secret(), place.begin() + kShareAt);
  std::ranges::copy(checksum(place.first(kTextBytes - kShareChecksumBytes)), place.end() - kShareChecksumBytes);
  return kCrockford.print(place, 4);
}

Result<RecoveryShare> parse_share_text(const Passphrase& typed) {
  ShareBytes bytes(kTextBytes);
  const auto place = bytes.expose_secret();
  if (!kCrockford.read(typed, place)) return fail_invalid("share", "is not 76 letters and digits of a share");
  if (!std::ranges::equal(checksum(place.first(kTextBytes - kShareChecksumBytes)), place.last(kShareChecksumBytes)))
    return fail_invalid("share", "has a wrong character: its checksum does not match");
  if (place[0] != kVersion) return fail_invalid("share", "is of a later version");
  RecoveryShare share{
      .threshold = place[5],
      .share = {.x = place[6], .y = ShareBytes::copy_of(ByteView(place).subspan(kShareAt, kCheckedShareBytes))}};
  std::ranges::copy(place.subspan(1, 4), share.set.begin());
  if (share.threshold < 2 || share.share.x == 0) return fail_invalid("share", "is of an impossible set");
  return share;
}

}  // namespace kaito::luks
