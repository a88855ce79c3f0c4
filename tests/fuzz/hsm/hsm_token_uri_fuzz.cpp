// A token URI that is taken names a token and an absolute file; one with a PIN in it is refused without repeating it.
#include "appliance/base/invariant.hpp"
#include "hsm/token_uri.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = kaito::as_text({data, size});
  const auto uri = kaito::hsm::TokenUri::parse(text);
  if (uri) {
    KAITO_INVARIANT(!uri->label().empty() && uri->pin_file().is_absolute());
    KAITO_INVARIANT(text.find("pin-value") == std::string_view::npos);
  }
  return 0;
}
