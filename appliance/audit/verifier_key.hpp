// The public half of a log's signing key, in the text form of C2SP signed-note: "<name>+<key hash>+<base64>".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "appliance/base/bytes.hpp"

namespace kaito::audit {

class VerifierKey {
 public:
  // Ed25519 (signature type 0x01). Code::invalid_request when the name is empty, too long, or holds a space, a control
  // character or "+".
  static Result<VerifierKey> make(std::string name, const ByteArray<32>& public_key);
  // Code::invalid_request when the text is malformed, of another signature type, or its hash is not that of its key.
  static Result<VerifierKey> parse(std::string_view text);

  [[nodiscard]] std::string str() const;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  // SHA-256(name || 0x0A || 0x01 || public key), its first four bytes. Only a hint at the key, no proof of it.
  [[nodiscard]] const ByteArray<4>& hash() const noexcept { return hash_; }
  [[nodiscard]] const ByteArray<32>& public_key() const noexcept { return public_key_; }

  // Ed25519 (RFC 8032) over the message. Thread-safe.
  [[nodiscard]] bool verifies(ByteView message, ByteView signature) const;

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;

 private:
  VerifierKey() = default;
  std::string name_;
  ByteArray<4> hash_{};
  ByteArray<32> public_key_{};
};

inline constexpr std::size_t kMaxOrigin = 256;  // bytes of a key name or origin

}  // namespace kaito::audit
