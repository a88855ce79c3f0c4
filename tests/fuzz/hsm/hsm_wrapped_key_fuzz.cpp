// A wrapped org KEK that is taken is written again byte for byte.
#include "appliance/base/invariant.hpp"
#include "hsm/wrapped_key.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const kaito::ByteView blob(data, size);
  const auto key = kaito::hsm::WrappedKey::parse(blob);
  if (key) KAITO_INVARIANT(std::ranges::equal(key->serialize(), blob));
  return 0;
}
