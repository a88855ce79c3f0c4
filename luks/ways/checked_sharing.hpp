// Secret sharing that notices wrong shares: the secret is shared together with four bytes of its hash, which the shares
// hide as well as they hide the secret.
#pragma once

#include "luks/secret_sharing.hpp"

namespace kaito::luks {

inline constexpr std::size_t kSharedSecretBytes = 32;
inline constexpr std::size_t kCheckedShareBytes = kSharedSecretBytes + 4;

// `secret` is of kSharedSecretBytes. Errors as split_secret.
Result<std::vector<Share>> split_checked(ByteView secret, unsigned threshold, unsigned count, Random& random);

// Code::integrity when the shares do not belong together or are too few: one wrong set in 2^32 passes.
Result<SharedSecret> combine_checked(const std::vector<Share>& shares);

}  // namespace kaito::luks
