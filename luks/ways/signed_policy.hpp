// What the builder of boot images signs: the values that registers of the TPM (PCR 11: the image itself) may have. A
// secret sealed to the builder's key instead of to values outlives an update of the image. Formats and places are those
// of systemd-measure and systemd-stub.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "appliance/base/bytes.hpp"

namespace kaito::luks {

// The register that systemd-stub measures the image into.
inline constexpr unsigned kImagePcr = 11;

// What the running image brought. Neither part is a secret or has to be trusted: the TPM checks both.
struct BootPolicy {
  std::string public_key;  // PEM
  std::string signatures;  // JSON, by systemd-measure; empty: for no state
};

// tpm2-pcr-public-key.pem and tpm2-pcr-signature.json in `directory`; none when there is no public key. Files over
// 4 KiB and 256 KiB are refused.
Result<std::optional<BootPolicy>> read_boot_policy(const std::filesystem::path& directory = "/run/systemd");

// A builder's public key: RSA with 2048 to 4096 bits.
class PolicyKey {
 public:
  // Code::configuration when it is another key, or none.
  static Result<PolicyKey> parse(const std::string& pem);

  [[nodiscard]] const Bytes& modulus() const noexcept { return modulus_; }
  [[nodiscard]] std::uint32_t exponent() const noexcept { return exponent_; }

  // RSASSA-PKCS1-v1_5 with SHA-256 that this key is said to have made over `policy`, the PolicyPCR digest of the
  // SHA-256 registers `pcrs` (ascending). Code::unauthenticated when `signatures` has none, Code::invalid_request when
  // they are malformed.
  [[nodiscard]] Result<Bytes> signature_in(const std::string& signatures, const std::vector<unsigned>& pcrs,
                                           ByteView policy) const;

 private:
  PolicyKey() = default;
  Bytes modulus_;
  std::uint32_t exponent_ = 0;
  Bytes fingerprint_;  // SHA-256 of the RSAPublicKey of PKCS#1
};

}  // namespace kaito::luks
