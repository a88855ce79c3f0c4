#include "luks/ways/random_words.hpp"

#include <sodium.h>

namespace kaito::luks {

Passphrase way_passphrase(const WayBytes& bytes) {
  const ByteView in = bytes.expose_secret();
  // libsodium ends the text with a NUL, which is no part of the passphrase.
  const std::size_t room = sodium_base64_ENCODED_LEN(in.size(), sodium_base64_VARIANT_ORIGINAL);
  Passphrase text(room);
  sodium_bin2base64(reinterpret_cast<char*>(text.expose_secret().data()), room, in.data(), in.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  return Passphrase::copy_of(text.expose_secret().first(room - 1));
}

}  // namespace kaito::luks
