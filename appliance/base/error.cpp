#include "appliance/base/error.hpp"

#include <array>

#include "appliance/base/invariant.hpp"

namespace kaito {
namespace {

constexpr std::array kTable{
    CodeTraits{Code::invalid_request, 400, "invalid-request", "The request is not valid", 2, Outcome::rejected, false},
    CodeTraits{Code::unauthenticated, 401, "unauthenticated", "Log in, or send a valid API key", 3, Outcome::denied,
               false},
    CodeTraits{Code::fresh_login_required, 401, "fresh-login-required", "Log in again to do this", 3, Outcome::denied,
               false},
    CodeTraits{Code::forbidden, 403, "forbidden", "The role or the key's scope does not allow this", 4, Outcome::denied,
               false},
    CodeTraits{Code::not_found, 404, "not-found", "There is no such object", 5, Outcome::rejected, false},
    CodeTraits{Code::method_not_allowed, 405, "method-not-allowed", "The path does not take this method", 2,
               Outcome::rejected, false},
    CodeTraits{Code::conflict, 409, "conflict", "It exists already, or was changed meanwhile", 6, Outcome::rejected,
               false},
    CodeTraits{Code::payload_too_large, 413, "payload-too-large", "The body is larger than this endpoint takes", 2,
               Outcome::rejected, false},
    CodeTraits{Code::unsupported_media_type, 415, "unsupported-media-type", "Send application/json", 2,
               Outcome::rejected, false},
    CodeTraits{Code::rate_limited, 429, "rate-limited", "Too many requests; try again later", 7, Outcome::denied, true},
    CodeTraits{Code::wrong_state, 409, "wrong-state", "The appliance's state does not allow this", 8, Outcome::rejected,
               false},
    CodeTraits{Code::hsm_unavailable, 503, "hsm-unavailable", "The HSM does not answer; try again shortly", 9,
               Outcome::failed, true},
    CodeTraits{Code::hsm_pin_rejected, 503, "hsm-pin-rejected", "The HSM refused the PIN", 10, Outcome::failed, true},
    CodeTraits{Code::hsm_key_rejected, 503, "hsm-key-rejected", "A key in the HSM was refused", 11, Outcome::failed,
               true},
    CodeTraits{Code::hsm_unsupported, 503, "hsm-unsupported", "The HSM cannot do what is needed", 12, Outcome::failed,
               true},
    CodeTraits{Code::integrity, 500, "integrity", "Stored data failed authentication; it was not used", 13,
               Outcome::failed, false},
    CodeTraits{Code::storage_full, 507, "storage-full", "The data volume is full", 14, Outcome::failed, false},
    CodeTraits{Code::storage_failed, 503, "storage-failed", "Storage failed; the appliance needs attention", 15,
               Outcome::failed, true},
    CodeTraits{Code::audit_failed, 503, "audit-failed", "The action could not be recorded, so it was not done", 16,
               Outcome::failed, true},
    CodeTraits{Code::deadline_exceeded, 503, "deadline-exceeded", "It took too long; try again shortly", 17,
               Outcome::failed, true},
    CodeTraits{Code::configuration, 500, "configuration", "The configuration is wrong", 18, Outcome::failed, false},
    CodeTraits{Code::usage, 400, "usage", "The command line is wrong", 2, Outcome::rejected, false},
    CodeTraits{Code::connection_failed, 503, "connection-failed", "The appliance could not be reached", 19,
               Outcome::failed, true},
    CodeTraits{Code::customer_hsm_unavailable, 503, "customer-hsm-unavailable",
               "Your organisation's own HSM does not answer; tell the people who run it", 20, Outcome::failed, true},
    CodeTraits{Code::customer_key_disabled, 423, "customer-key-disabled",
               "Your organisation's key is disabled in its own HSM; the people who run it can enable it", 21,
               Outcome::denied, true},
    CodeTraits{Code::time_uncertain, 503, "time-uncertain",
               "The appliance's clock is not sure enough to give codes; try again shortly", 22, Outcome::failed, true},
    CodeTraits{Code::approval_required, 403, "approval-required",
               "More security officers have to approve this first; see kaito approval", 23, Outcome::denied, false},
    CodeTraits{Code::internal, 500, "internal", "A defect; please report it with the request id", 70, Outcome::failed,
               false},
};

consteval bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i)
    if (static_cast<std::size_t>(kTable[i].code) != i) return false;
  return kTable.size() == static_cast<std::size_t>(Code::internal) + 1;
}
static_assert(in_order(), "the table is indexed by Code");

}  // namespace

const CodeTraits& traits(Code code) noexcept {
  const auto index = static_cast<std::size_t>(code);
  KAITO_INVARIANT(index < kTable.size());
  return kTable[index];
}

std::span<const CodeTraits> code_table() noexcept { return kTable; }

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::success: return "success";
    case Outcome::denied: return "denied";
    case Outcome::rejected: return "rejected";
    case Outcome::failed: return "failed";
  }
  return "failed";
}

Error Error::invalid(std::string field, std::string reason) {
  return Error{.code = Code::invalid_request, .detail = {}, .field = std::move(field), .reason = std::move(reason)};
}

Error&& Error::within(std::string_view context) && {
  detail = detail.empty() ? std::string(context) : std::string(context) + ": " + detail;
  return std::move(*this);
}

std::string Error::describe() const {
  std::string text(traits(code).slug);
  if (!field.empty()) text += ": " + field + " " + reason;
  if (!detail.empty()) text += ": " + detail;
  return text;
}

}  // namespace kaito
