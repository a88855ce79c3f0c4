// Looks at a token as `kaito hsm doctor` asks: what it can do, how fast, and what follows. Makes session objects only,
// and changes nothing in the token.
#pragma once

#include "appliance/base/random.hpp"
#include "appliance/base/time.hpp"
#include "hsm/protocol/token_report.hpp"
#include "hsm/token.hpp"

namespace kaito::hsm {

// `duration` is spent on each of two speeds. A token that lacks something is a report, not an error; an error is one
// that does not answer.
TokenResult<TokenReport> examine(Token& token, const Clock& clock, Random& random, Milliseconds duration);

}  // namespace kaito::hsm
