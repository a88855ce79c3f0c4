#include "appliance/keys/customer_key.hpp"

#include <algorithm>

#include "appliance/envelope/binding.hpp"

namespace kaito::keys {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::string_view kPurpose = "kaito/customer-hsm/v1";
constexpr std::size_t kMaxKeyUri = 512;  // hsm/protocol/messages.hpp

void append_text(Bytes& out, std::string_view text) {
  append_u16(out, static_cast<std::uint16_t>(text.size()));
  append(out, as_bytes(text));
}

Result<std::string> read_text(ByteReader& reader, std::size_t limit) {
  KAITO_TRY(const std::uint16_t size, reader.u16());
  if (size < 1 || size > limit) return fail(Code::integrity, fmt::format("customer's key with a text of {}", size));
  KAITO_TRY(const ByteView bytes, reader.take(size));
  return std::string(as_text(bytes));
}

}  // namespace

Bytes CustomerKey::serialize() const {
  Bytes out;
  append_u8(out, kFormat);
  append_text(out, hsm);
  append_text(out, key);
  append(out, blob);
  return out;
}

Result<CustomerKey> CustomerKey::parse(ByteView blob) {
  ByteReader reader(blob);
  KAITO_TRY(const std::uint8_t format, reader.u8());
  if (format != kFormat) return fail(Code::integrity, fmt::format("customer's key of format {}", format));
  CustomerKey key;
  KAITO_TRY(key.hsm, read_text(reader, kMaxHsmName));
  KAITO_TRY(key.key, read_text(reader, kMaxKeyUri));
  KAITO_TRY(const ByteView rest, reader.take(reader.remaining()));
  key.blob.assign(rest.begin(), rest.end());
  return key;
}

Bytes customer_key_aad(const std::string& hsm, const OrgId& org, KeyVersion version) {
  Bytes aad;
  append(aad, as_bytes(kPurpose));
  append_text(aad, hsm);
  append(aad, envelope::org_kek_aad(org, version));
  return aad;
}

Status check_hsm_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= kMaxHsmName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (good) return {};
  return fail(Code::configuration,
              fmt::format("an HSM's name must be 1 to {} of a to z, 0 to 9 and hyphens", kMaxHsmName));
}

Status check_key_uri(std::string_view uri) {
  const bool printable = std::ranges::all_of(uri, [](char c) { return c > ' ' && c < 0x7f; });
  if (uri.starts_with("pkcs11:") && uri.size() <= kMaxKeyUri && printable) return {};
  return fail_invalid(
      "key", fmt::format("must be an RFC 7512 URI of at most {} characters, as pkcs11:object=NAME", kMaxKeyUri));
}

std::string default_key_uri(const OrgId& org, KeyVersion version) {
  return fmt::format("pkcs11:object=kaito-{}-v{}", org.str(), version);
}

}  // namespace kaito::keys
