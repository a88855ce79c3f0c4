// Single otpauth:// URIs and bare base32 secrets.
#include <cstdint>

#include "appliance/base/invariant.hpp"
#include "appliance/otp/base32.hpp"
#include "appliance/otp/otpauth_uri.hpp"

using namespace kaito;
using namespace kaito::otp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = kaito::as_text(ByteView(data, size));
  if (const auto entry = parse_otpauth_uri(text)) {
    KAITO_INVARIANT(validate(entry->parameters).has_value());
    KAITO_INVARIANT(is_utf8(entry->issuer) && is_utf8(entry->account));
    KAITO_INVARIANT(entry->secret.size() >= kMinSecretBytes && entry->secret.size() <= kMaxSecretBytes);
  } else {
    KAITO_INVARIANT(!entry.error().field.empty() && !entry.error().reason.empty());
  }
  if (const auto secret = decode_base32(text)) KAITO_INVARIANT(secret->size() <= size);
  return 0;
}
