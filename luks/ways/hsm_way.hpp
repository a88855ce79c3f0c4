// A way to unlock through an HSM: a random secret that a key in the HSM has wrapped. Whoever holds the disk needs the
// HSM.
#pragma once

#include "luks/ways/random_words.hpp"
#include "luks/ways/token_record.hpp"

namespace kaito::luks {

// A key in an HSM, as the caller reaches it; this library knows no HSM. The calls may take as long as the HSM's
// deadline.
class KeyWrapper {
 public:
  virtual ~KeyWrapper() = default;
  struct Wrapped {
    std::string scheme;  // at most 64 characters
    Bytes bytes;         // at most 1,024
  };
  // Which key it is, for the token: an RFC 7512 URI without a PIN, or a label.
  [[nodiscard]] virtual std::string name() const = 0;
  virtual Result<Wrapped> wrap(const WayBytes& secret) = 0;
  // Code::integrity when the bytes are not what wrap gave; Code::hsm_unavailable when the HSM does not answer.
  virtual Result<WayBytes> unwrap(const Wrapped& wrapped) = 0;
};

struct HsmWay {
  Passphrase secret;  // the keyslot's
  HsmRecord record;
};

// A new secret, wrapped, and unwrapped once to see that the HSM gives it back. Code::hsm_key_rejected when it does not.
Result<HsmWay> make_hsm_way(KeyWrapper& hsm, Random& random);

// Code::wrong_state when the record names another key than `hsm` is.
Result<Passphrase> open_hsm_way(KeyWrapper& hsm, const HsmRecord& record);

}  // namespace kaito::luks
