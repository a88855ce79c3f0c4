// An org KEK at rest, and the reference by which it is used.
#pragma once

#include <memory>

#include "appliance/base/bytes.hpp"
#include "appliance/base/ids.hpp"

namespace kaito::hsm {

// The blob is versioned and self-describing (docs/formats/wrapped-key.md); callers store it and never look inside.
// `platform_version` repeats what the blob says, so that a store can select by it.
struct WrappedOrgKek {
  KeyVersion platform_version = 0;
  Bytes blob;
};

struct OrgKekToRewrap {
  Bytes blob;
  Bytes aad;  // the same before and after
};

// Everything that is needed to use an org KEK. Immutable and shared: a copy of the reference costs no copy of the blob.
struct OrgKek {
  OrgId org;               // for logs; what binds the blob to the org is `aad`
  KeyVersion version = 0;  // of the org KEK, for logs; bound by `aad`
  WrappedOrgKek wrapped;
  Bytes aad;  // given at creation, at most kMaxAad bytes; another one is refused with Code::integrity
};
using OrgKekRef = std::shared_ptr<const OrgKek>;

}  // namespace kaito::hsm
