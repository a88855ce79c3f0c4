// A CK_MECHANISM that owns its parameters.
#pragma once

#include <string_view>

#include "appliance/base/bytes.hpp"
#include "hsm/pkcs11.hpp"
#include "hsm/protocol/key_import.hpp"

namespace kaito::hsm {

// Without parameters.
class Mechanism {
 public:
  explicit Mechanism(CK_MECHANISM_TYPE type) noexcept
      : mechanism_{.mechanism = type, .pParameter = nullptr, .ulParameterLen = 0} {}
  [[nodiscard]] CK_MECHANISM* get() noexcept { return &mechanism_; }

 private:
  CK_MECHANISM mechanism_;
};

// CKM_AES_GCM, PKCS#11 v2.40 errata 01 §2.12.3.
class GcmMechanism {
 public:
  // `iv` and `aad` stay the caller's. `iv` is written to by an HSM that insists on its own (F13).
  GcmMechanism(std::span<std::uint8_t> iv, ByteView aad, std::size_t tag_size) noexcept
      : parameters_{.pIv = iv.data(),
                    .ulIvLen = iv.size(),
                    .ulIvBits = iv.size() * 8,
                    .pAAD = const_cast<std::uint8_t*>(aad.data()),  // the function does not write to it
                    .ulAADLen = aad.size(),
                    .ulTagBits = tag_size * 8},
        mechanism_{.mechanism = CKM_AES_GCM, .pParameter = &parameters_, .ulParameterLen = sizeof parameters_} {}
  GcmMechanism(const GcmMechanism&) = delete;
  GcmMechanism& operator=(const GcmMechanism&) = delete;
  [[nodiscard]] CK_MECHANISM* get() noexcept { return &mechanism_; }

 private:
  CK_GCM_PARAMS parameters_;
  CK_MECHANISM mechanism_;
};

// One AES block through a mode: CKM_AES_ECB, or CKM_AES_CBC with a zero IV, which comes to the same.
class BlockMechanism {
 public:
  explicit BlockMechanism(CK_MECHANISM_TYPE type) noexcept
      : mechanism_{.mechanism = type,
                   .pParameter = type == CKM_AES_CBC ? iv_.data() : nullptr,
                   .ulParameterLen = type == CKM_AES_CBC ? iv_.size() : 0} {}
  BlockMechanism(const BlockMechanism&) = delete;
  BlockMechanism& operator=(const BlockMechanism&) = delete;
  [[nodiscard]] CK_MECHANISM* get() noexcept { return &mechanism_; }

 private:
  ByteArray<16> iv_{};
  CK_MECHANISM mechanism_;
};

// CKM_RSA_PKCS_OAEP without a label (RFC 8017 §7.1), PKCS#11 v2.40 §2.1.8. SHA-1 is as good here as any: OAEP does not
// need it to resist collisions, and SoftHSM 2.6.1 has no other.
class OaepMechanism {
 public:
  explicit OaepMechanism(OaepHash hash = OaepHash::sha1) noexcept
      : parameters_{.hashAlg = hash == OaepHash::sha256 ? CKM_SHA256 : CKM_SHA_1,
                    .mgf = hash == OaepHash::sha256 ? CKG_MGF1_SHA256 : CKG_MGF1_SHA1,
                    .source = CKZ_DATA_SPECIFIED,
                    .pSourceData = nullptr,
                    .ulSourceDataLen = 0},
        mechanism_{.mechanism = CKM_RSA_PKCS_OAEP, .pParameter = &parameters_, .ulParameterLen = sizeof parameters_} {}
  OaepMechanism(const OaepMechanism&) = delete;
  OaepMechanism& operator=(const OaepMechanism&) = delete;
  [[nodiscard]] CK_MECHANISM* get() noexcept { return &mechanism_; }

 private:
  CK_RSA_PKCS_OAEP_PARAMS parameters_;
  CK_MECHANISM mechanism_;
};

// "CKM_AES_GCM" for those this product uses, else "CKM_0x…".
std::string mechanism_name(CK_MECHANISM_TYPE type);

}  // namespace kaito::hsm
