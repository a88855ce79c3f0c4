// A wrapped org KEK, or one held by a customer's token, that is taken is written again byte for byte.
#include "appliance/base/invariant.hpp"
#include "hsm/held_key.hpp"
#include "hsm/wrapped_key.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const kaito::ByteView blob(data, size);
  const auto key = kaito::hsm::WrappedKey::parse(blob);
  if (key) KAITO_INVARIANT(std::ranges::equal(key->serialize(), blob));
  const auto held = kaito::hsm::HeldKey::parse(blob);
  if (held) KAITO_INVARIANT(std::ranges::equal(held->serialize(), blob));
  return 0;
}
