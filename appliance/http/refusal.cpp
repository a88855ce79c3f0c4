#include "appliance/http/refusal.hpp"

namespace kaito::http {
namespace {

Code code_for(std::uint16_t status) noexcept {
  switch (status) {
    case 405: return Code::method_not_allowed;
    case 413: return Code::payload_too_large;
    case 415: return Code::unsupported_media_type;
    default: return Code::invalid_request;
  }
}

}  // namespace

Error Refusal::error() const {
  return Error{.code = code_for(status), .detail = {}, .field = "request", .reason = std::string(reason)};
}

}  // namespace kaito::http
