// The recovery key: 256 random bits that are printed once, whole or in shares.
#pragma once

#include <vector>

#include "luks/ways/checked_sharing.hpp"
#include "luks/ways/token_record.hpp"

namespace kaito::luks {

using RecoverySecret = Secret<struct RecoverySecretTag>;  // 32 bytes

// As systemd prints it, and what the keyslot's passphrase is: 64 letters of modhex in eight groups with dashes. 71
// characters.
Passphrase recovery_text(const RecoverySecret& secret);
// From what a person typed: dashes, spaces and line breaks anywhere, any case. Code::invalid_request when it is no such
// text.
Result<RecoverySecret> parse_recovery_text(const Passphrase& typed);

// One printed share. Belongs to the others with the same `set`.
struct RecoveryShare {
  ByteArray<4> set{};
  std::uint8_t threshold = 0;
  Share share;
};

// `count` shares, any `threshold` of which give the secret. Errors as split_secret; `count` is at most 32.
Result<std::vector<RecoveryShare>> split_recovery(const RecoverySecret& secret, unsigned threshold, unsigned count,
                                                  Random& random);
// Code::invalid_request when the shares are of different sets or fewer than the threshold; Code::integrity when they do
// not give a secret together. More than the threshold are fine, as is the same share twice.
Result<RecoverySecret> combine_recovery(std::vector<RecoveryShare> shares);

// For printing: 76 characters of Crockford's base32 in groups of four with dashes (docs/formats/luks-tokens.md).
Passphrase share_text(const RecoveryShare& share);
// From what a person typed, as above; O is read as 0, I and L as 1. Code::invalid_request when it is no share or its
// checksum says that a character is wrong.
Result<RecoveryShare> parse_share_text(const Passphrase& typed);

// The record for the shares' token; for a key that is printed whole it is RecoveryRecord{}.
RecoveryRecord record_of(const std::vector<RecoveryShare>& shares);

}  // namespace kaito::luks
