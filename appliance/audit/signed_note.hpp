// C2SP signed-note: a text, an empty line, and a line for each signature. Checkpoints and key certificates are such
// notes; their first lines differ, so that neither can be taken for the other.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/audit/verifier_key.hpp"

namespace kaito::audit {

inline constexpr std::size_t kMaxSignatures = 16;  // of one note

struct NoteSignature {
  VerifierKey key;
  ByteArray<64> signature{};  // over the body
};

// `body` ends with a newline and holds no empty line.
std::string sign_note(std::string_view body, std::span<const NoteSignature> signatures);

struct OpenedNote {
  std::string_view body;             // of the note, with its last newline
  std::vector<VerifierKey> signers;  // the trusted keys that signed it; at least one
};

// Code::invalid_request when the note is malformed or longer than `limit` bytes. Code::integrity when none of the
// trusted keys signed it, or when a signature that claims to be of a trusted key is wrong. Signatures by other keys are
// ignored, as C2SP demands.
Result<OpenedNote> open_signed_note(std::string_view note, std::span<const VerifierKey> trusted, std::size_t limit);

// Takes the line and its newline off the front of `text`; absent when there is no newline.
std::optional<std::string_view> take_line(std::string_view& text);

}  // namespace kaito::audit
