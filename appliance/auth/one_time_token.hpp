// Tokens that are good once: invitations of members, enrolment of staff keys, first set-up.
#pragma once

#include <string_view>

#include "appliance/auth/bearer_token.hpp"
#include "appliance/base/time.hpp"
#include "appliance/store/store.hpp"

namespace kaito::auth {

inline constexpr Seconds kInvitationLife = std::chrono::hours(72);
inline constexpr Seconds kEnrolmentLife = std::chrono::hours(24);

struct IssuedOneTimeToken {
  Token token;  // shown once
  store::OneTimeToken row;
};

// A new token; the caller inserts the row in its transaction, after remove_one_time_tokens_of(subject), so that the
// newest is the only one.
IssuedOneTimeToken issue_one_time_token(store::OneTimePurpose purpose, const UuidBytes& subject,
                                        const std::optional<OrgId>& org, Seconds life, const Clock& clock,
                                        Random& random);

// The row of a token of that purpose that still holds; else Code::unauthenticated. Does not use it up.
Result<store::OneTimeToken> find_one_time_token(store::Reader& reader, store::OneTimePurpose purpose,
                                                const TokenDigest& digest, TimePoint now);

// The same, and the token is used up when the transaction commits. Of two at once, the second finds nothing: all
// transactions run on the one writer thread.
Result<store::OneTimeToken> redeem_one_time_token(store::Writer& writer, store::OneTimePurpose purpose,
                                                  const TokenDigest& digest, TimePoint now);

}  // namespace kaito::auth
