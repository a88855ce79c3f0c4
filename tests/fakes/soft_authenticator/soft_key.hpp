// A P-256 private key of the software authenticator: an ordinary object in ordinary memory, for tests only.
#pragma once

#include <memory>

#include "appliance/base/bytes.hpp"
#include "appliance/base/result.hpp"

struct evp_pkey_st;

namespace kaito::test {

class SoftKey {
 public:
  static SoftKey generate();
  static Result<SoftKey> from_der(ByteView der);
  [[nodiscard]] Bytes to_der() const;

  // ES256: ASN.1 signature over SHA-256 of the message.
  [[nodiscard]] Bytes sign(ByteView message) const;
  // The public point's coordinates, 32 bytes each.
  [[nodiscard]] Bytes x() const { return coordinate(true); }
  [[nodiscard]] Bytes y() const { return coordinate(false); }
  // COSE_Key with the given algorithm: -7 for credentials, -25 for key agreement.
  [[nodiscard]] Bytes cose_key(int algorithm) const;
  // ECDH with a peer's point: the shared x coordinate. Empty when the point is not on the curve.
  [[nodiscard]] Bytes agree(ByteView peer_x, ByteView peer_y) const;

  [[nodiscard]] evp_pkey_st* get() const noexcept { return key_.get(); }

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const noexcept;
  };
  explicit SoftKey(evp_pkey_st* key) : key_(key) {}
  [[nodiscard]] Bytes coordinate(bool x) const;

  std::unique_ptr<evp_pkey_st, Free> key_;
};

}  // namespace kaito::test
