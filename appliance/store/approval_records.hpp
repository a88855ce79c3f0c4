// Approvals by several security officers, as they are kept (docs/formats/approval.md). Values of enums are part of the
// database format and never change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "appliance/base/bytes.hpp"
#include "appliance/base/ids.hpp"
#include "appliance/base/time.hpp"

namespace kaito::store {

enum class ApprovalState : std::uint8_t {
  open = 1,       // may be signed and carried out until it expires
  executed = 2,   // the action was done, in the same transaction
  cancelled = 3,  // an officer took it back
  withdrawn = 4,  // its proposer or one of its signers was disabled, or lost a key
};

// One protected action that was proposed. Nothing of it changes but how it ended.
struct Approval {
  ApprovalId id;
  std::string action;  // of the endpoint table
  StaffId proposer;
  std::uint32_t needed = 0;  // signatures of distinct officers, 1 to 255
  std::string text;          // what is signed: the canonical description, 1 to 65,536 bytes
  TimePoint created_at{};
  TimePoint expires_at{};
  ApprovalState state = ApprovalState::open;
  std::optional<TimePoint> ended_at;
  friend bool operator==(const Approval&, const Approval&) = default;
};

// An officer's WebAuthn assertion over the SHA-256 of the text; one for each officer. The public key is kept with it,
// so that it can be verified when the credential is gone.
struct ApprovalSignature {
  ApprovalId approval;
  StaffId staff;
  std::string staff_name;
  Bytes credential_id;
  Bytes cose_key;
  Bytes client_data_json;
  Bytes authenticator_data;
  Bytes signature;
  TimePoint signed_at{};
  friend bool operator==(const ApprovalSignature&, const ApprovalSignature&) = default;
};

}  // namespace kaito::store
