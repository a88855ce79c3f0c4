// How a token signs the audit log.
#pragma once

#include <string_view>

#include "hsm/token.hpp"

namespace kaito::hsm {

// How new audit keys are made. A key is used as it was made.
enum class AuditSigning : std::uint8_t {
  none,       // the token can do neither
  in_token,   // an Ed25519 key pair that never leaves the token
  in_worker,  // the token keeps an HMAC-SHA256 key that never leaves it; the Ed25519 key is derived from that at every
              // start and lives in the worker's locked memory
};

// By known answers, as WrapMethods::choose() does.
TokenResult<AuditSigning> choose_audit_signing(const Token& token, Session& session);

std::string_view audit_signing_name(AuditSigning how) noexcept;

}  // namespace kaito::hsm
