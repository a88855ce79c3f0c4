// Whole import files, in the format that they look like. Without a password: a key derivation takes longer than all the
// parsing before it; what lies inside encrypted files is the same JSON as in plain ones.
#include <cstdint>

#include "appliance/base/invariant.hpp"
#include "appliance/otp/import.hpp"
#include "appliance/otp/one_time_code.hpp"

using namespace kaito;
using namespace kaito::otp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view content = kaito::as_text(ByteView(data, size));
  const auto import = parse_import(content);
  if (!import) {
    KAITO_INVARIANT(!import.error().field.empty());  // the caller is told what is wrong
    return 0;
  }
  KAITO_INVARIANT(detect(content) == import->format);
  std::size_t position_sum = 0;
  for (const auto& entry : import->entries) {
    position_sum += entry.position;
    KAITO_INVARIANT(entry.issuer.size() <= 256 && entry.account.size() <= 256);
    KAITO_INVARIANT(hotp_code(entry.secret, entry.parameters, entry.counter).has_value());
  }
  for (const auto& refused : import->refused) {
    position_sum += refused.position;
    KAITO_INVARIANT(!refused.reason.empty());
  }
  // Each position from 1 to n exactly once: no entry is lost, none is in both lists.
  const std::size_t count = import->entries.size() + import->refused.size();
  KAITO_INVARIANT(position_sum == count * (count + 1) / 2);
  return 0;
}
