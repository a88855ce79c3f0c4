// A seed as it lies in its row: sealed under its own DEK and bound to the row. Pure functions, thread-safe.
#pragma once

#include "appliance/base/random.hpp"
#include "appliance/base/secret.hpp"
#include "appliance/envelope/binding.hpp"

namespace kaito::envelope {

inline constexpr std::size_t kDekBytes = 32;
inline constexpr std::size_t kMaxSeedBytes = 128;

// Seals `secret` (1 to 128 bytes) into the row's iv, ciphertext and tag. The row's org, id and parameters are set
// before and authenticated with it.
Status seal_seed(const Dek& dek, const Seed& secret, Random& random, store::Seed& row);

// Code::integrity when anything that the seal covers was changed.
Result<Seed> open_seed(const Dek& dek, const store::Seed& row);

// HMAC-SHA256 under a key derived from the DEK (HKDF-Expand, RFC 5869) over what may change without a new seal: issuer,
// account, counter, revision.
ByteArray<32> row_mac(const Dek& dek, const store::Seed& row);

// Code::integrity when the row's MAC is wrong: a label, the counter or the revision was edited in the database.
Status check_row_mac(const Dek& dek, const store::Seed& row);

// Keyed hash that is equal for equal secrets with equal parameters of one org, and tells nothing without the key.
ByteArray<16> fingerprint(const Dek& index_key, const Seed& secret, const store::CodeParameters& parameters);

}  // namespace kaito::envelope
