// A security key in software. It stands in for a USB key in tests and demonstrations, and can misbehave on request.
// Three ways in: as a browser would use it (WebAuthn structures or JSON), as CTAP2 messages, and, through
// soft_fido_device.hpp, as CTAPHID reports under libfido2's own I/O functions.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/auth/webauthn/ceremony.hpp"
#include "appliance/auth/webauthn/options_json.hpp"
#include "appliance/base/result.hpp"

namespace kaito::test {

// What a well-made key does, and how to make it do otherwise. Read at each ceremony.
struct Behaviour {
  enum class Attests { with_certificate, self, none };
  Attests attests = Attests::with_certificate;
  bool user_present = true;
  bool user_verified = true;  // built-in verification ("uv")
  bool backup_eligible = false;
  bool backed_up = false;
  std::int64_t counter_step = 1;       // 0: stands still; negative: goes back
  std::optional<std::string> rp_id{};  // signs for this relying party instead
  std::optional<std::string> pin{};    // needs this PIN (CTAP2 clientPIN, protocol 1) and has no built-in "uv"
  bool reader_locked = false;          // has a built-in reader beside the PIN, but too many wrong fingers locked it
  int pin_tries = 8;                   // left before it locks
  bool u2f_only = false;               // speaks no CTAP2: cannot verify its user
  bool touched = true;                 // false: the user never touches it
};

// Not thread-safe. ES256 credentials; packed attestation under a CA of its own.
class SoftAuthenticator {
 public:
  static constexpr webauthn::Aaguid kAaguid{0x6b, 0x61, 0x69, 0x74, 0x6f, 0x2d, 0x73, 0x6f,
                                            0x66, 0x74, 0x2d, 0x6b, 0x65, 0x79, 0x2d, 0x31};  // "kaito-soft-key-1"

  // A new key with a new CA.
  SoftAuthenticator();
  ~SoftAuthenticator();
  SoftAuthenticator(SoftAuthenticator&&) noexcept;
  SoftAuthenticator& operator=(SoftAuthenticator&&) noexcept;

  // The whole state: CA, credentials, counters; JSON, mode 0600. The file holds private keys of test credentials.
  static Result<SoftAuthenticator> load(const std::filesystem::path& path);
  Status save(const std::filesystem::path& path) const;

  Behaviour behaviour;

  // The CA certificate that its attestation leads to, DER: goes into Policy::trusted_roots.
  [[nodiscard]] Bytes root_certificate() const;

  // What navigator.credentials.create() and get() would give on a page of `origin`.
  Result<webauthn::RegistrationResponse> make_credential(const webauthn::CreationOptions& options,
                                                         std::string_view origin);
  Result<webauthn::AssertionResponse> get_assertion(const webauthn::RequestOptions& options, std::string_view origin);
  // The same from and to the JSON forms that the API speaks.
  Result<boost::json::object> create_json(const boost::json::value& options, std::string_view origin);
  Result<boost::json::object> get_json(const boost::json::value& options, std::string_view origin);

  // One CTAP2 command (command byte, CBOR parameters); gives the status byte and the CBOR reply. Never fails otherwise.
  Bytes ctap2(ByteView request);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace kaito::test
