// A FIDO2 security key's hmac-secret extension (CTAP 2.1, section 12.5): a secret that only this key gives, for a
// credential and a salt.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "luks/ways/random_words.hpp"

struct fido_dev;
struct fido_dev_io;

namespace kaito::luks {

using Salt = ByteArray<32>;
// The relying party of systemd-cryptenroll, so that systemd-cryptsetup asks for the same credential.
inline constexpr std::string_view kFido2RelyingParty = "io.systemd.cryptsetup";

// What a question to the key asks of the person.
struct Fido2Question {
  std::string relying_party{kFido2RelyingParty};
  bool presence = true;       // a touch
  bool verification = false;  // built-in fingerprint reader
};

// An opened key. One thread at a time; calls wait for the touch, at most about 30 seconds by the keys' own rule.
// Errors: Code::not_found for a key without one of the credentials, Code::unauthenticated for a wrong PIN,
// Code::deadline_exceeded when nobody touches it, Code::connection_failed otherwise.
class Fido2Key {
 public:
  // /dev/hidrawN, or what `io` understands.
  static Result<Fido2Key> open(const std::string& path, const fido_dev_io* io = nullptr);

  struct Credential {
    Bytes id;
    Bytes public_key;  // of ES256: the point's x and y, 32 bytes each
  };
  // A credential that supports hmac-secret, not discoverable. Code::configuration when the key cannot do that.
  Result<Credential> make_credential(const Fido2Question& question, const Pin* pin, Random& random);

  struct Answer {
    Bytes credential;  // which of those asked for
    WayBytes secret;   // 32 bytes
  };
  Result<Answer> hmac_secret(const Fido2Question& question, const std::vector<Bytes>& credentials, const Salt& salt,
                             const Pin* pin);

  // An assertion (CTAP 2.1, section 6.2) by one of the credentials, without the extension.
  struct Signature {
    Bytes credential;          // which of those asked for
    Bytes authenticator_data;  // raw
    Bytes signature;           // over it and `hash`, DER
  };
  Result<Signature> sign(const Fido2Question& question, const std::vector<Bytes>& credentials,
                         const ByteArray<32>& hash, const Pin* pin);

 private:
  struct Close {
    void operator()(fido_dev* device) const noexcept;
  };
  explicit Fido2Key(fido_dev* device) : device_(device) {}
  std::unique_ptr<fido_dev, Close> device_;
};

}  // namespace kaito::luks
