// The officers' security keys, as a ceremony's transcript has them: whoever verifies an officer's signature later needs
// neither the volume nor its header.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "provisioning/transcript/transcript_line.hpp"

namespace kaito::provisioning {

struct OfficerKey {
  std::string officer;
  Bytes credential;  // its id
  Bytes public_key;  // of ES256: the point's x and y, 32 bytes each
};

struct OfficerKeys {
  unsigned threshold = 0;  // so many officers act together
  bool pin = false;        // a signature without the key's PIN, or its owner's finger, does not count
  std::vector<OfficerKey> keys;

  // Null when it is nobody's.
  [[nodiscard]] const OfficerKey* find(ByteView credential) const noexcept;
};

// The facts of the step "officers" that officer_keys() reads.
void append_officer_keys(Facts& facts, const OfficerKeys& officers);
// Of the last such step that was done. Code::not_found when there was none, or it noted no keys; Code::integrity when
// they are not what append_officer_keys writes.
Result<OfficerKeys> officer_keys(const std::vector<TranscriptLine>& lines);

// An officer's signature over a text: the key's assertion (CTAP 2.1, section 6.2) for SHA-256 of the text.
struct OfficerSignature {
  Bytes credential;
  Bytes authenticator_data;
  Bytes signature;  // DER
};

// Whose signature of `text` it is: relying party, touch, PIN where one is asked for, and the key's signature.
// Code::integrity otherwise, Code::not_found for a key that is no officer's.
Result<std::string> verify_officer(const OfficerKeys& officers, std::string_view text,
                                   const OfficerSignature& signature);

}  // namespace kaito::provisioning
