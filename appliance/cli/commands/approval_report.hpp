// An approval, verified offline.
#pragma once

#include <string>
#include <string_view>

#include "appliance/base/result.hpp"

namespace kaito::cli {

// `text`: what GET /v1/approvals/ID replied. The report: what was signed, by whom and with which keys, and the digests
// that the audit log must hold. Code::integrity when a signature does not verify, one officer stands twice, or fewer
// have signed than the text says are needed; Code::invalid_request when it is no such reply.
Result<std::string> verify_approval(std::string_view text);

}  // namespace kaito::cli
