// A token copy that is taken is written again byte for byte; its files, and the input itself, are judged as SoftHSM's.
#include "appliance/base/invariant.hpp"
#include "hsm/softhsm_object_file.hpp"
#include "hsm/token_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const kaito::ByteView text(data, size);
  static_cast<void>(kaito::hsm::read_softhsm_object(text));
  const auto files = kaito::hsm::parse_token_files(text);
  if (!files) return 0;
  for (const auto& [path, content] : *files) static_cast<void>(kaito::hsm::read_softhsm_object(content));
  KAITO_INVARIANT(std::ranges::equal(kaito::hsm::serialize_token_files(*files), text));
  return 0;
}
