// Additional authenticated data: ties a wrapped key or a sealed seed to the one row that it belongs to. A row moved to
// another row, org or table, or an edited period, fails authentication. Byte by byte in docs/formats/seed.md.
#pragma once

#include "appliance/base/bytes.hpp"
#include "appliance/base/ids.hpp"
#include "appliance/store/records.hpp"

namespace kaito::envelope {

struct SeedBinding {
  OrgId org;
  SeedId seed;
  store::CodeParameters parameters;

  static SeedBinding of(const store::Seed& row) { return {row.org, row.id, row.parameters}; }
};

// For the DEK wrapped under version `kek_version` of the org KEK.
Bytes dek_wrap_aad(const SeedBinding& binding, KeyVersion kek_version);

// For the seed sealed under its DEK. Holds no KEK version: rotation leaves the sealed seed as it is.
Bytes seed_aad(const SeedBinding& binding);

// For the org KEK wrapped under the platform KEK.
Bytes org_kek_aad(const OrgId& org, KeyVersion version);

// For the org's index key wrapped under version `kek_version` of the org KEK.
Bytes index_key_aad(const OrgId& org, KeyVersion kek_version);

}  // namespace kaito::envelope
