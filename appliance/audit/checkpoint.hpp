// Checkpoints: tree heads in the form of C2SP tlog-checkpoint, signed as C2SP signed-note.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/audit/merkle.hpp"
#include "appliance/audit/signed_note.hpp"
#include "appliance/audit/verifier_key.hpp"

namespace kaito::audit {

struct Checkpoint {
  std::string origin;  // names the log; equal to the name of its key
  std::uint64_t size = 0;
  Hash root{};

  // The text that is signed: origin, size and root, each on a line of its own.
  [[nodiscard]] std::string body() const;
};

inline constexpr std::size_t kMaxNote = 16384;  // bytes

// The signed note: body, an empty line, one signature line.
std::string make_note(const Checkpoint& checkpoint, const VerifierKey& key, const ByteArray<64>& signature);

struct OpenedCheckpoint {
  Checkpoint checkpoint;
  VerifierKey key;  // the trusted key that signed it
};

// Parses the note and verifies it. Code::invalid_request when it is malformed. Code::integrity when none of the trusted
// keys signed it, when a signature that claims to be of a trusted key is wrong, or when the origin is not the key's
// name. Signatures by other keys are ignored, extension lines are allowed, as C2SP demands.
Result<OpenedCheckpoint> open_note(std::string_view note, std::span<const VerifierKey> trusted);

}  // namespace kaito::audit
