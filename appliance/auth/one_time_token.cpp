#include "appliance/auth/one_time_token.hpp"

namespace kaito::auth {

IssuedOneTimeToken issue_one_time_token(store::OneTimePurpose purpose, const UuidBytes& subject,
                                        const std::optional<OrgId>& org, Seconds life, const Clock& clock,
                                        Random& random) {
  Token token = make_token(TokenKind::one_time, random);
  store::OneTimeToken row{.purpose = purpose, .subject = subject, .org = org, .expires_at = clock.now() + life};
  const Result<TokenDigest> digest = digest_token(TokenKind::one_time, token);
  KAITO_INVARIANT(digest.has_value());
  row.token_hash = *digest;
  return {.token = std::move(token), .row = std::move(row)};
}

Result<store::OneTimeToken> find_one_time_token(store::Reader& reader, store::OneTimePurpose purpose,
                                                const TokenDigest& digest, TimePoint now) {
  KAITO_TRY(const std::optional<store::OneTimeToken> row, reader.one_time_token(digest));
  if (!row) return fail(Code::unauthenticated, "one-time token is unknown or used");
  if (row->purpose != purpose) return fail(Code::unauthenticated, "one-time token is for another purpose");
  if (now >= row->expires_at) return fail(Code::unauthenticated, "one-time token has expired");
  return *row;
}

Result<store::OneTimeToken> redeem_one_time_token(store::Writer& writer, store::OneTimePurpose purpose,
                                                  const TokenDigest& digest, TimePoint now) {
  KAITO_TRY(store::OneTimeToken row, find_one_time_token(writer, purpose, digest, now));
  KAITO_CHECK(writer.remove_one_time_token(digest));
  return row;
}

}  // namespace kaito::auth
