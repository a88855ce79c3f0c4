// A credential public key (L3 §6.5.1.1, RFC 9053 §7): the four kinds that the product accepts.
#pragma once

#include <memory>

#include "appliance/auth/webauthn/cbor.hpp"
#include "appliance/base/bytes.hpp"
#include "appliance/base/result.hpp"

struct evp_pkey_st;

namespace kaito::webauthn {

struct FreePublicKey {
  void operator()(evp_pkey_st* key) const noexcept;
};
using PublicKey = std::unique_ptr<evp_pkey_st, FreePublicKey>;

struct CoseKey {
  int algorithm = 0;  // one of kSupportedAlgorithms
  Bytes first;        // EC2: x; OKP: x; RSA: n, big-endian without leading zeros
  Bytes second;       // EC2: y; RSA: e

  // The point uncompressed (SEC 1 §2.3.3), as U2F signs it. EC2 only.
  [[nodiscard]] Bytes uncompressed_point() const;
};

// Exactly the members that the algorithm needs, with kty and crv that fit it and coordinates of full length.
// Refusals: Reason::alg.
Result<CoseKey> parse_cose_key(const cbor::Value& map);

// The key for OpenSSL, after the checks that it is a point on its curve, in the right group, or an RSA modulus of 2048
// bits. Refusals: Reason::alg.
Result<PublicKey> make_public_key(const CoseKey& key);

// Does this key (a certificate's) fit the algorithm: type, curve, RSA 2048?
bool fits_algorithm(const evp_pkey_st& key, int algorithm) noexcept;

}  // namespace kaito::webauthn
