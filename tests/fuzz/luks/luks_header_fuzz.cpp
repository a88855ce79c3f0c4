// The strict look at a LUKS2 header. The input is metadata text; and, in a second pass, the first bytes of a device.
#include <cstdint>

#include "appliance/base/invariant.hpp"
#include "luks/header/header_inspection.hpp"

using namespace kaito;
using namespace kaito::luks;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  if (const auto facts = inspect_metadata(as_text(input), kMaxHeaderBytes)) {
    // What was let through holds what the callers rely on.
    KAITO_INVARIANT(facts->data_offset >= 2 * kMaxHeaderBytes && facts->sector_bytes >= 512);
    KAITO_INVARIANT(facts->data_digest() != nullptr && facts->keyslots.size() <= 32 && facts->tokens.size() <= 32);
    for (const auto& slot : facts->keyslots)
      KAITO_INVARIANT(slot.memory_kib * slot.kdf_cost <= InspectionLimits{}.argon2_work_kib);
    for (const auto& token : facts->tokens)
      for (const int slot : token.keyslots) KAITO_INVARIANT(facts->keyslot(slot) != nullptr);
  } else {
    KAITO_INVARIANT(facts.error().code == Code::integrity && !facts.error().detail.empty());
  }
  if (const auto copies = parse_header_copies(input)) KAITO_INVARIANT((*copies)[0] || (*copies)[1]);
  return 0;
}
