// Any bytes as what a caller shows or types: cookie, token, user name, password.
#include "appliance/auth/bearer_token.hpp"
#include "appliance/auth/password_policy.hpp"
#include "appliance/auth/session.hpp"
#include "appliance/auth/username.hpp"
#include "appliance/base/invariant.hpp"
#include "appliance/base/utf8.hpp"

namespace {

using namespace kaito;
using namespace kaito::auth;

void check_cookie(std::string_view text) {
  const auto token = session_token_in(text);
  if (!token || !*token) return;
  KAITO_INVARIANT((*token)->data() >= text.data() && (*token)->data() + (*token)->size() <= text.data() + text.size());
  KAITO_INVARIANT((*token)->find(';') == std::string_view::npos);
}

void check_token(std::string_view text) {
  int kinds = 0;
  for (const TokenKind kind : {TokenKind::api_key, TokenKind::session, TokenKind::one_time})
    if (digest_token(kind, text)) {
      KAITO_INVARIANT(text.size() == kTokenLength && text.starts_with(prefix_of(kind)));
      ++kinds;
    }
  KAITO_INVARIANT(kinds <= 1);
}

// One account has one name: what comes out is its own normal form.
void check_name(std::string_view text) {
  const auto name = normalise_username(text);
  if (!name) return;
  KAITO_INVARIANT(!name->empty() && name->size() <= kMaxUsername);
  KAITO_INVARIANT(normalise_username(*name).value_or("") == *name);
}

void check_new_password(std::string_view text) {
  if (!check_password(Passphrase::copy_of(text), "ada", "acme", "password")) return;
  const auto characters = utf8_printable_length(text);
  KAITO_INVARIANT(text.size() <= kMaxPasswordBytes && characters && *characters >= kMinPasswordCharacters);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  check_cookie(text);
  check_token(text);
  check_name(text);
  check_new_password(text);
  return 0;
}
