// Who builds boot images and signs what they will measure, as systemd-measure does: an RSA key, and the policies that a
// TPM computes, computed here from TPM 2.0 Part 3 (PolicyPCR) without one.
#pragma once

#include <string>
#include <vector>

#include "appliance/base/bytes.hpp"
#include "luks/ways/signed_policy.hpp"

struct evp_pkey_st;

namespace kaito::luks::test {

// The value of a register that was zero before the digest (32 times `byte`) was extended into it.
Bytes extended_once(std::uint8_t byte);
// The PolicyPCR digest of kImagePcr alone, with this value in the SHA-256 bank.
Bytes policy_of(const Bytes& value);

class ImageBuilder {
 public:
  explicit ImageBuilder(unsigned bits = 2048);
  ~ImageBuilder();
  ImageBuilder(const ImageBuilder&) = delete;
  ImageBuilder& operator=(const ImageBuilder&) = delete;

  [[nodiscard]] std::string public_key() const;  // PEM
  // tpm2-pcr-signature.json for images that measure these values.
  [[nodiscard]] std::string signatures(const std::vector<Bytes>& values) const;
  [[nodiscard]] BootPolicy image_that_measures(std::uint8_t byte) const {
    return {.public_key = public_key(), .signatures = signatures({extended_once(byte)})};
  }

 private:
  evp_pkey_st* key_;
};

}  // namespace kaito::luks::test
