// The one error type. A code selects, from one table, the HTTP status, the RFC 9457 problem type, the CLI exit code and
// the audit outcome, so that every surface says the same thing about the same failure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kaito {

enum class Code : std::uint8_t {
  invalid_request,           // malformed or out of bounds; `field` names the place
  unauthenticated,           // no, wrong or expired credentials
  fresh_login_required,      // the session is too old for a protected action
  forbidden,                 // authenticated, but the role or scope does not allow it
  not_found,                 // absent, or another org's: the two are never told apart
  method_not_allowed,        // the path exists, the method does not
  conflict,                  // already exists, or changed meanwhile
  payload_too_large,         // body over the endpoint's limit
  unsupported_media_type,    // Content-Type is not the endpoint's
  rate_limited,              // too many requests; try later
  wrong_state,               // the appliance's state does not allow the endpoint
  hsm_unavailable,           // worker or token gone, or past its deadline; try later
  hsm_pin_rejected,          // the token refused the PIN; one attempt was made
  hsm_key_rejected,          // a key's attributes, label or known answer is wrong
  hsm_unsupported,           // the token lacks a mechanism or capacity that is needed
  integrity,                 // authentication tag, MAC or hash does not match
  storage_full,              // the data volume has no space left
  storage_failed,            // I/O or database failure
  audit_failed,              // the audit record could not be made durable
  deadline_exceeded,         // a bounded wait ended
  configuration,             // configuration file, option or environment is wrong
  usage,                     // command line is wrong (CLI only)
  connection_failed,         // CLI or client could not reach the peer
  customer_hsm_unavailable,  // an org's own HSM does not answer, or refuses us; nothing is wrong with the appliance
  customer_key_disabled,     // an org's key in its own HSM is gone, may not be used, or is another one
  time_uncertain,            // the clock may be off by more than the operator allows; try later
  approval_required,         // more security officers have to sign before this may be done
  internal,                  // a defect in the product
};

// What an audit record says of an action that ended with a code.
enum class Outcome : std::uint8_t { success, denied, rejected, failed };

struct CodeTraits {
  Code code;
  std::uint16_t http_status;
  std::string_view slug;   // last segment of the problem type, stable for ever
  std::string_view title;  // for people; says what to do where one thing is right
  std::uint8_t exit_code;  // of the CLI and the daemon
  Outcome outcome;
  bool retry_after;  // the reply carries Retry-After
};

// The table's row. Total: every Code has one.
const CodeTraits& traits(Code code) noexcept;

// All rows, in the order of Code.
std::span<const CodeTraits> code_table() noexcept;

std::string_view to_string(Outcome outcome) noexcept;

struct Error {
  Code code = Code::internal;
  // For the log only, never for a client. Holds no secret.
  std::string detail;
  // Safe for clients: the field (JSON pointer or parameter name) and what is wrong with it. May be empty.
  std::string field{};
  std::string reason{};

  // A 400 that names the field. `reason` completes the sentence "<field> …".
  static Error invalid(std::string field, std::string reason);

  // The same error with context put before `detail`; reads outermost first.
  Error&& within(std::string_view context) &&;

  // "slug: detail", for logs and the terminal.
  [[nodiscard]] std::string describe() const;
};

}  // namespace kaito
