// An org KEK in a customer's own HSM, as the keyring keeps it: which HSM, which key, and the worker's blob that binds
// the key to the org. Byte format: docs/formats/wrapped-key.md.
#pragma once

#include "appliance/base/ids.hpp"
#include "appliance/store/key_records.hpp"
#include "hsm/protocol/wrapped_org_kek.hpp"

namespace kaito::keys {

inline constexpr std::size_t kMaxHsmName = 32;

struct CustomerKey {
  std::string hsm;  // 1 to kMaxHsmName bytes: as check_hsm_name() has it
  std::string key;  // RFC 7512
  Bytes blob;       // the worker's: hsm::OrgKek::wrapped

  [[nodiscard]] Bytes serialize() const;
  // Code::integrity: not of this format.
  static Result<CustomerKey> parse(ByteView blob);
};

// What the key is bound to: its org and version, and the HSM that it is in.
Bytes customer_key_aad(const std::string& hsm, const OrgId& org, KeyVersion version);

// a to z, 0 to 9 and hyphens. Code::configuration.
Status check_hsm_name(std::string_view name);
// A URI of at most 512 printable characters; what it says is the worker's to judge. invalid_request, field "key".
Status check_key_uri(std::string_view uri);
// What a key that we make for a version of the org is called when its owner gave no name.
std::string default_key_uri(const OrgId& org, KeyVersion version);

}  // namespace kaito::keys
