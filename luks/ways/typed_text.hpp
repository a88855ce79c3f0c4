// Secret bytes as text that people print and type: an alphabet of 2^bits characters, in groups with dashes.
#pragma once

#include <array>
#include <string_view>

#include "appliance/base/secret.hpp"

namespace kaito::luks {

class TypedText {
 public:
  // `alphabet` has 2^bits characters, lower case or digits. `alias` maps further characters: pairs of typed and meant.
  constexpr TypedText(std::string_view alphabet, unsigned bits, std::string_view alias = {})
      : alphabet_(alphabet), bits_(bits), alias_(alias) {}

  // With a dash after each `group` characters; the last character's spare bits are zero.
  [[nodiscard]] Passphrase print(ByteView bytes, std::size_t group) const;
  // Fills `bytes` exactly; false when characters are missing, too many, foreign, or spare bits are set. Skips dashes
  // and white space, takes either case. Looks at every character of the alphabet for each, so that the time says
  // little.
  [[nodiscard]] bool read(const Passphrase& typed, std::span<std::uint8_t> bytes) const;

 private:
  [[nodiscard]] int value_of(std::uint8_t character) const;

  std::string_view alphabet_;
  unsigned bits_;
  std::string_view alias_;
};

}  // namespace kaito::luks
