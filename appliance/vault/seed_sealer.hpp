// From a secret to a row: a DEK of its own, wrapped in the HSM, and the org's fingerprint of the secret.
#pragma once

#include <string>
#include <vector>

#include "appliance/base/random.hpp"
#include "appliance/envelope/sealed_seed.hpp"
#include "appliance/keys/org_keys.hpp"
#include "appliance/otp/parameters.hpp"
#include "appliance/store/store.hpp"

namespace kaito::vault {

struct NewSeed {
  std::string issuer;   // up to 256 bytes
  std::string account;  // up to 256 bytes; not empty when the issuer is
  otp::Parameters parameters;
  std::uint64_t counter = 0;  // HOTP: the next counter
  Seed secret;                // 1 to 128 bytes
};

// Code::hsm_unavailable, so that the caller tries again: the org's key was rotated to its end between the sealing of a
// row and its insertion, and nothing could open it.
Status check_kek_version(store::Reader& reader, const store::Seed& row);

// Thread-safe.
class SeedSealer {
 public:
  SeedSealer(keys::OrgKeys& keys, const Clock& clock, Random& random) : keys_(keys), clock_(clock), random_(random) {}

  // Rows ready to be inserted, in the order of `seeds`, whose secrets are gone afterwards. The DEKs are wrapped under
  // the org's present KEK, in as few HSM frames as they need.
  Task<Result<std::vector<store::Seed>>> seal(store::Org org, std::vector<NewSeed> seeds);

  // The fingerprint of each secret within the org.
  Task<Result<std::vector<ByteArray<16>>>> fingerprints(store::Org org, const std::vector<NewSeed>& seeds);

  // Makes the index key of a new org, whose KEK exists, and puts it into the row.
  Task<Status> make_index_key(store::Org& org);

 private:
  Task<Result<Dek>> index_key(const store::Org& org);

  keys::OrgKeys& keys_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kaito::vault
