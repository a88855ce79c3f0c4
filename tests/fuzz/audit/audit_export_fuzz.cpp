// The offline verifier on any bytes at all: it ends, stays in bounds, and what it calls good stays good when the same
// file is given in other pieces.
#include "appliance/audit/verify.hpp"
#include "appliance/base/invariant.hpp"

namespace kaito::audit {
namespace {

ReadBytes in_pieces(std::string_view text, std::size_t piece) {
  return [text, piece](std::span<char> out) mutable -> Result<std::size_t> {
    const std::size_t count = std::min({out.size(), text.size(), piece});
    std::memcpy(out.data(), text.data(), count);
    text.remove_prefix(count);
    return count;
  };
}

}  // namespace
}  // namespace kaito::audit

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kaito::audit;
  const std::string_view text = kaito::as_text({data, size});
  const auto whole = verify_export(in_pieces(text, size + 1), {});
  const auto pieces = verify_export(in_pieces(text, 7), {});
  KAITO_INVARIANT(whole.has_value() == pieces.has_value());
  if (!whole) return 0;
  KAITO_INVARIANT(whole->ok() == pieces->ok());
  KAITO_INVARIANT(whole->first <= whole->covered && whole->covered <= whole->size);
  if (!whole->ok()) KAITO_INVARIANT(whole->failure->sequence < whole->failure->until && !whole->failure->what.empty());
  return 0;
}
