#include "appliance/auth/authenticator.hpp"

namespace kaito::auth {
namespace {

// The token of "Bearer <token>" (RFC 6750 §2.1); the scheme's case does not matter (RFC 9110 §11.1).
Result<std::string_view> bearer_token_in(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const std::string_view scheme = authorization.substr(0, kScheme.size());
  std::string_view token = authorization.substr(scheme.size());
  if (!std::ranges::equal(scheme, kScheme, {}, lower) || !token.starts_with(' '))
    return fail(Code::unauthenticated, "Authorization is not Bearer");
  while (token.starts_with(' ')) token.remove_prefix(1);
  return token;
}

}  // namespace

Result<Principal> Authenticator::authenticate(const PresentedCredentials& presented) {
  std::optional<std::string_view> session;
  if (presented.cookie) {
    KAITO_TRY(session, session_token_in(*presented.cookie));
  }
  if (presented.authorization) {
    if (session) return fail(Code::unauthenticated, "both a session and an Authorization header");
    KAITO_TRY(const std::string_view token, bearer_token_in(*presented.authorization));
    return keys_.authenticate(token, presented.peer);
  }
  if (!session) return Principal();
  KAITO_TRY(const auto snapshot, store_.snapshot());
  return sessions_.authenticate(*snapshot, *session);
}

}  // namespace kaito::auth
