#include "appliance/envelope/binding.hpp"

namespace kaito::envelope {
namespace {

// The purpose comes first and ends with a NUL, so that no two kinds of binding can be read as one another.
Bytes begin(std::string_view purpose, const OrgId& org) {
  Bytes out;
  out.reserve(80);
  append(out, as_bytes(purpose));
  append_u8(out, 0);
  append(out, org.bytes());
  return out;
}

void append_parameters(Bytes& out, const store::CodeParameters& parameters) {
  append_u8(out, parameters.type);
  append_u8(out, parameters.algorithm);
  append_u8(out, parameters.digits);
  append_u16(out, parameters.period);
}

}  // namespace

Bytes dek_wrap_aad(const SeedBinding& binding, KeyVersion kek_version) {
  Bytes out = begin("kaito/dek/v1", binding.org);
  append(out, binding.seed.bytes());
  append_u32(out, kek_version);
  append_parameters(out, binding.parameters);
  return out;
}

Bytes seed_aad(const SeedBinding& binding) {
  Bytes out = begin("kaito/seed/v1", binding.org);
  append(out, binding.seed.bytes());
  append_parameters(out, binding.parameters);
  return out;
}

Bytes org_kek_aad(const OrgId& org, KeyVersion version) {
  Bytes out = begin("kaito/org-kek/v1", org);
  append_u32(out, version);
  return out;
}

Bytes index_key_aad(const OrgId& org, KeyVersion kek_version) {
  Bytes out = begin("kaito/index-key/v1", org);
  append_u32(out, kek_version);
  return out;
}

}  // namespace kaito::envelope
