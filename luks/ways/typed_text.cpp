#include "luks/ways/typed_text.hpp"

namespace kaito::luks {

Passphrase TypedText::print(ByteView bytes, std::size_t group) const {
  const std::size_t characters = (bytes.size() * 8 + bits_ - 1) / bits_;
  Passphrase text(characters + (characters - 1) / group);
  const auto out = text.expose_secret();
  const unsigned mask = (1U << bits_) - 1;
  unsigned pending = 0;
  unsigned have = 0;
  std::size_t next = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < characters; ++i) {
    if (have < bits_) {
      pending = (pending << 8U) | (next < bytes.size() ? bytes[next] : 0U);
      ++next;
      have += 8;
    }
    have -= bits_;
    if (i > 0 && i % group == 0) out[at++] = '-';
    out[at++] = static_cast<std::uint8_t>(alphabet_[(pending >> have) & mask]);
    pending &= (1U << have) - 1;
  }
  return text;
}

int TypedText::value_of(std::uint8_t character) const {
  char typed = static_cast<char>(character);
  if (typed >= 'A' && typed <= 'Z') typed = static_cast<char>(typed - 'A' + 'a');
  for (std::size_t i = 0; i + 1 < alias_.size(); i += 2)
    if (alias_[i] == typed) typed = alias_[i + 1];
  int value = -1;
  for (std::size_t i = 0; i < alphabet_.size(); ++i)
    if (alphabet_[i] == typed) value = static_cast<int>(i);
  return value;
}

bool TypedText::read(const Passphrase& typed, std::span<std::uint8_t> bytes) const {
  const std::size_t characters = (bytes.size() * 8 + bits_ - 1) / bits_;
  unsigned pending = 0;
  unsigned have = 0;
  std::size_t read = 0;
  std::size_t at = 0;
  for (const std::uint8_t character : typed.expose_secret()) {
    if (character == '-' || character == ' ' || (character >= '\t' && character <= '\r')) continue;
    const int value = value_of(character);
    if (value < 0 || ++read > characters) return false;
    pending = (pending << bits_) | static_cast<unsigned>(value);
    have += bits_;
    if (have >= 8 && at < bytes.size()) {
      have -= 8;
      bytes[at++] = static_cast<std::uint8_t>(pending >> have);
      pending &= (1U << have) - 1;
    }
  }
  return read == characters && pending == 0;
}

}  // namespace kaito::luks
