// A way to unlock without people: a secret sealed to this machine's TPM 2.0 and to what it measured at boot, as
// systemd-cryptenroll does it, so that systemd-cryptsetup opens the same keyslot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "appliance/base/random.hpp"
#include "appliance/base/secret.hpp"
#include "luks/ways/signed_policy.hpp"
#include "luks/ways/token_record.hpp"

namespace kaito::luks {

// The TPM's counter of failed authorisations, which it also raises when it loses power while in use.
struct Tpm2Lockout {
  std::uint32_t failures = 0;
  std::uint32_t limit = 0;
  bool locked = false;
  bool owned = false;  // the lock-out hierarchy has a password: the counter cannot be cleared without it
};

// A connection to a TPM. One thread at a time; the destructor flushes what it loaded.
class Tpm2 {
 public:
  // In the words of the TSS: "device:/dev/tpmrm0", "swtpm:path=…". Code::not_found when no TPM answers.
  static Result<Tpm2> connect(const std::string& tcti = "device:/dev/tpmrm0");

  Tpm2(Tpm2&&) noexcept;
  Tpm2& operator=(Tpm2&&) noexcept;
  Tpm2(const Tpm2&) = delete;
  Tpm2& operator=(const Tpm2&) = delete;
  ~Tpm2();

  struct Sealed {
    Passphrase secret;  // the keyslot's passphrase: base64 of 32 random bytes, by systemd's convention
    Tpm2Record record;
  };
  // Seals a new secret to the present values of `pcrs` (SHA-256 bank; 7: the Secure Boot state), and with a policy also
  // to whatever values of kImagePcr its key has signed or will sign. Code::invalid_request for no register at all, one
  // twice or one above 23, or kImagePcr beside a policy; Code::configuration for a key that is none. Whether the
  // running image is signed shows when it is unsealed.
  Result<Sealed> seal(std::vector<unsigned> pcrs, Random& random, const std::optional<BootPolicy>& policy = {});

  // The keyslot's passphrase. `signatures`: BootPolicy's, for a record with a signed policy. Code::unauthenticated when
  // it was sealed by another TPM or one that was cleared, the registers have other values, or nobody signed the values
  // they have; Code::rate_limited when the TPM is locked out; Code::wrong_state when the record asks for a PIN.
  // Afterwards the TPM's counter is cleared, so that power cuts do not add up.
  Result<Passphrase> unseal(const Tpm2Record& record, const std::string& signatures = {});

  Result<Tpm2Lockout> lockout();
  // Allows 31 failures, one forgiven every ten minutes. For enrolment: makers' defaults go down to five.
  // Code::forbidden when the lock-out hierarchy is owned by somebody else.
  Status allow_for_power_cuts();

 private:
  struct Connection;
  explicit Tpm2(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace kaito::luks
