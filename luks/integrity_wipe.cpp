#include "luks/integrity_wipe.hpp"

#include <fmt/format.h>
#include <libcryptsetup.h>
#include <unistd.h>

namespace kaito::luks {
namespace {

constexpr std::size_t kBlockBytes = 1024 * 1024;

}  // namespace

Status write_integrity_tags(const CryptDevice& crypt, const VolumeKey& key) {
  const std::string name = fmt::format("kaito-format-{}", ::getpid());
  const ByteView key_bytes = key.expose_secret();
  KAITO_CHECK(crypt.check("opening the new volume",
                          crypt_activate_by_volume_key(crypt.get(), name.c_str(), chars(key_bytes), key_bytes.size(),
                                                       CRYPT_ACTIVATE_PRIVATE | CRYPT_ACTIVATE_NO_JOURNAL)));
  const std::string path = fmt::format("{}/{}", crypt_get_dir(), name);
  const Status wiped = crypt.check("writing the integrity tags", crypt_wipe(crypt.get(), path.c_str(), CRYPT_WIPE_ZERO,
                                                                            0, 0, kBlockBytes, 0, nullptr, nullptr));
  const Status closed = crypt.check("closing the new volume", crypt_deactivate(crypt.get(), name.c_str()));
  KAITO_CHECK(wiped);
  return closed;
}

}  // namespace kaito::luks
