// The text that officers sign, docs/formats/approval.md, and whether somebody did.
#pragma once

#include <string>
#include <string_view>

#include "appliance/auth/webauthn/relying_party.hpp"
#include "appliance/base/result.hpp"
#include "appliance/store/approval_records.hpp"

namespace kaito::quorum {

struct ApprovalHead {
  std::string appliance;  // the origin of its audit log
  ApprovalId id;
  ByteArray<16> nonce{};
  StaffId proposer;
  std::string proposer_name;
  TimePoint proposed_at{};
  TimePoint expires_at{};
  std::uint32_t needed = 0;
};

// `action_lines`: Description::lines.
std::string approval_text(const ApprovalHead& head, std::string_view action_lines);

// The lines of the action, from "action: " to the end. Empty when the text has none.
std::string_view action_lines_of(std::string_view text) noexcept;

// SHA-256 of the text: the challenge of the WebAuthn assertion.
Bytes challenge_of(std::string_view text);

// Hex of the SHA-256 over text, officer and assertion; the audit log keeps it, so that a signature which is shown later
// is the one that was given then.
std::string evidence_of(std::string_view text, const store::ApprovalSignature& signature);

// WebAuthn L3 §7.2 for the kept assertion with the kept key: challenge, type, origin, RP ID, user presence and
// verification, signature. Not the counter, which has moved on since. Pure. Code::unauthenticated with the failed
// check.
Status verify_signature(const webauthn::RelyingParty& rp, std::string_view text,
                        const store::ApprovalSignature& signature);

}  // namespace kaito::quorum
