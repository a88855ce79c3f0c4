// A quorum member's share under the secret of the member's security key: AES-256-GCM, the key by HKDF-SHA256, the
// credential bound as AAD (docs/formats/luks-tokens.md).
#pragma once

#include "luks/secret_sharing.hpp"
#include "luks/ways/checked_sharing.hpp"
#include "luks/ways/random_words.hpp"

namespace kaito::luks {

inline constexpr std::size_t kSealedShareBytes = 12 + 1 + kCheckedShareBytes + 16;

// IV, then x and the share encrypted, then the tag.
Result<Bytes> seal_share(const WayBytes& secret, const Share& share, ByteView credential, Random& random);
// Code::integrity when a byte, the secret or the credential is another.
Result<Share> open_share(const WayBytes& secret, ByteView sealed, ByteView credential);

}  // namespace kaito::luks
