#include "luks/volume.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libcryptsetup.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cerrno>

#include "appliance/base/unique_fd.hpp"
#include "luks/integrity_wipe.hpp"

namespace kaito::luks {
namespace {

constexpr std::uint64_t kKeyslotsBytes = 16 * 1024 * 1024;

// Read before libcryptsetup opens the device: it repairs and writes while it loads.
Status inspect_device(const std::filesystem::path& device, const InspectionLimits& limits) {
  const UniqueFd file(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail(Code::not_found, fmt::format("{} cannot be opened", device.string()));
  KAITO_CHECK(inspect_header(file.get(), limits));
  return {};
}

std::uint32_t activation_flags(const OpenOptions& options) {
  std::uint32_t flags = 0;
  if (options.read_only) flags |= CRYPT_ACTIVATE_READONLY;
  if (options.discards) flags |= CRYPT_ACTIVATE_ALLOW_DISCARDS;
  return flags;
}

int any_or(std::optional<int> keyslot) { return keyslot.value_or(CRYPT_ANY_SLOT); }

}  // namespace

Result<Volume::Formatted> Volume::format(const std::filesystem::path& device, const FormatOptions& options,
                                         Random& random) {
  KAITO_TRY(CryptDevice crypt, CryptDevice::of_path(device));
  KAITO_CHECK(crypt.check("header size",
                          crypt_set_metadata_size(crypt.get(), kMaxHeaderBytes, kKeyslotsBytes - 2 * kMaxHeaderBytes)));
  auto key = VolumeKey::random(kXtsKeyBytes + (options.integrity ? kIntegrityKeyBytes : 0), random);
  const crypt_pbkdf_type pbkdf = to_pbkdf(KdfCost::for_random_secret());
  const crypt_params_luks2 parameters{
      .pbkdf = &pbkdf, .integrity = options.integrity ? "hmac(sha256)" : nullptr, .sector_size = options.sector_bytes};
  const ByteView key_bytes = key.expose_secret();
  KAITO_CHECK(
      crypt.check("formatting", crypt_format(crypt.get(), CRYPT_LUKS2, "aes", "xts-plain64", nullptr, chars(key_bytes),
                                             key_bytes.size(), const_cast<crypt_params_luks2*>(&parameters))));
  if (options.integrity) KAITO_CHECK(write_integrity_tags(crypt, key));
  KAITO_TRY(Volume volume, load(device));
  return Formatted{.volume = std::move(volume), .key = std::move(key)};
}

Result<Volume> Volume::load(const std::filesystem::path& device, const InspectionLimits& limits) {
  KAITO_CHECK(inspect_device(device, limits));
  KAITO_TRY(CryptDevice crypt, CryptDevice::of_path(device));
  KAITO_CHECK(crypt.check("loading the LUKS header", crypt_load(crypt.get(), CRYPT_LUKS2, nullptr)));
  Volume volume(std::move(crypt), device, limits);
  KAITO_CHECK(volume.refresh());
  return volume;
}

Status Volume::reload() {
  KAITO_TRY(Volume loaded, load(path_, limits_));
  *this = std::move(loaded);
  return {};
}

Status Volume::refresh() {
  const char* json = nullptr;
  KAITO_CHECK(crypt_.check("reading the LUKS metadata", crypt_dump_json(crypt_.get(), &json, 0)));
  std::uint64_t metadata_bytes = 0;
  KAITO_CHECK(
      crypt_.check("reading the header's size", crypt_get_metadata_size(crypt_.get(), &metadata_bytes, nullptr)));
  KAITO_TRY(facts_, inspect_metadata(json, metadata_bytes, limits_));
  const char* const uuid = crypt_get_uuid(crypt_.get());
  facts_.uuid = uuid ? uuid : "";
  return {};
}

Result<VolumeKey> Volume::unlock(const Passphrase& passphrase, std::optional<int> keyslot) const {
  const int bytes = crypt_get_volume_key_size(crypt_.get());
  if (bytes <= 0) return fail(crypt_.error("asking for the key's size", -EINVAL));
  VolumeKey key(static_cast<std::size_t>(bytes));
  std::size_t size = key.size();
  const ByteView words = passphrase.expose_secret();
  const int result =
      crypt_volume_key_get(crypt_.get(), any_or(keyslot), reinterpret_cast<char*>(key.expose_secret().data()), &size,
                           chars(words), words.size());
  KAITO_CHECK(crypt_.check("unlocking", result));
  return key;
}

Status Volume::open(const std::string& name, const Passphrase& passphrase, const OpenOptions& options,
                    std::optional<int> keyslot) {
  const ByteView words = passphrase.expose_secret();
  KAITO_CHECK(crypt_.check("opening the volume",
                           crypt_activate_by_passphrase(crypt_.get(), name.c_str(), any_or(keyslot), chars(words),
                                                        words.size(), activation_flags(options))));
  return refresh();
}

Status Volume::open(const std::string& name, const VolumeKey& key, const OpenOptions& options) {
  const ByteView bytes = key.expose_secret();
  KAITO_CHECK(crypt_.check(
      "opening the volume",
      crypt_activate_by_volume_key(crypt_.get(), name.c_str(), chars(bytes), bytes.size(), activation_flags(options))));
  return refresh();
}

Status Volume::close(const std::string& name) {
  KAITO_TRY(const CryptDevice crypt, CryptDevice::of_name(name));
  return crypt.check("closing the volume", crypt_deactivate(crypt.get(), name.c_str()));
}

Result<VolumeStatus> Volume::status(const std::string& name) {
  KAITO_TRY(const CryptDevice crypt, CryptDevice::of_name(name));
  crypt_active_device active{};
  KAITO_CHECK(
      crypt.check("asking for the volume's state", crypt_get_active_device(crypt.get(), name.c_str(), &active)));
  const char* const cipher = crypt_get_cipher(crypt.get());
  const char* const mode = crypt_get_cipher_mode(crypt.get());
  const char* const device = crypt_get_device_name(crypt.get());
  return VolumeStatus{.cipher = fmt::format("{}-{}", cipher ? cipher : "?", mode ? mode : "?"),
                      .device = device ? device : "",
                      .size_bytes = active.size * 512,
                      .read_only = (active.flags & CRYPT_ACTIVATE_READONLY) != 0,
                      .in_use = crypt_status(crypt.get(), name.c_str()) == CRYPT_BUSY};
}

// The kernel's key lies in a keyring that only the process which opened the volume sees, so it is put there again.
Status Volume::resize(const std::string& name, const Passphrase& passphrase) {
  const ByteView words = passphrase.expose_secret();
  KAITO_CHECK(crypt_.check("unlocking for the resize",
                           crypt_activate_by_passphrase(crypt_.get(), nullptr, CRYPT_ANY_SLOT, chars(words),
                                                        words.size(), CRYPT_ACTIVATE_KEYRING_KEY)));
  return crypt_.check("resizing", crypt_resize(crypt_.get(), name.c_str(), 0));
}

Result<int> Volume::add_keyslot(const VolumeKey& key, const Passphrase& passphrase, const KdfCost& cost) {
  if (facts_.rotating)
    return fail(Code::conflict, "the volume key is being rotated; keyslots cannot be added meanwhile");
  if (passphrase.empty()) return fail_invalid("passphrase", "is empty");
  const crypt_pbkdf_type pbkdf = to_pbkdf(cost);
  KAITO_CHECK(crypt_.check("setting the key derivation", crypt_set_pbkdf_type(crypt_.get(), &pbkdf)));
  const ByteView key_bytes = key.expose_secret();
  const ByteView words = passphrase.expose_secret();
  const int slot = crypt_keyslot_add_by_key(crypt_.get(), CRYPT_ANY_SLOT, chars(key_bytes), key_bytes.size(),
                                            chars(words), words.size(), 0);
  KAITO_CHECK(crypt_.check("adding a keyslot", slot));
  KAITO_CHECK(refresh());
  return slot;
}

Status Volume::change_keyslot(int keyslot, const Passphrase& old_passphrase, const Passphrase& new_passphrase,
                              const KdfCost& cost) {
  if (facts_.rotating) return fail(Code::conflict, "the volume key is being rotated; keyslots cannot change meanwhile");
  if (!facts_.keyslot(keyslot)) return fail(Code::not_found, fmt::format("no keyslot {}", keyslot));
  if (new_passphrase.empty()) return fail_invalid("passphrase", "is empty");
  const crypt_pbkdf_type pbkdf = to_pbkdf(cost);
  KAITO_CHECK(crypt_.check("setting the key derivation", crypt_set_pbkdf_type(crypt_.get(), &pbkdf)));
  const ByteView before = old_passphrase.expose_secret();
  const ByteView after = new_passphrase.expose_secret();
  KAITO_CHECK(crypt_.check("changing a keyslot",
                           crypt_keyslot_change_by_passphrase(crypt_.get(), keyslot, keyslot, chars(before),
                                                              before.size(), chars(after), after.size())));
  return refresh();
}

Status Volume::kill_keyslot(int keyslot, bool even_the_last) {
  const KeyslotFacts* const facts = facts_.keyslot(keyslot);
  if (!facts) return fail(Code::not_found, fmt::format("no keyslot {}", keyslot));
  const auto openers = std::ranges::count_if(facts_.keyslots, &KeyslotFacts::opens_data);
  if (facts->opens_data && openers == 1 && !even_the_last)
    return fail(Code::conflict, "the last keyslot that opens the volume");
  KAITO_CHECK(crypt_.check("killing a keyslot", crypt_keyslot_destroy(crypt_.get(), keyslot)));
  return refresh();
}

Result<int> Volume::add_token(const boost::json::object& token) {
  const std::string text = boost::json::serialize(token);
  const int id = crypt_token_json_set(crypt_.get(), CRYPT_ANY_TOKEN, text.c_str());
  KAITO_CHECK(crypt_.check("writing a token", id));
  KAITO_CHECK(refresh());
  return id;
}

Status Volume::replace_token(int token, const boost::json::object& content) {
  if (!facts_.token(token)) return fail(Code::not_found, fmt::format("no token {}", token));
  const std::string text = boost::json::serialize(content);
  KAITO_CHECK(crypt_.check("writing a token", crypt_token_json_set(crypt_.get(), token, text.c_str())));
  return refresh();
}

Status Volume::remove_token(int token) {
  if (!facts_.token(token)) return fail(Code::not_found, fmt::format("no token {}", token));
  KAITO_CHECK(crypt_.check("removing a token", crypt_token_json_set(crypt_.get(), token, nullptr)));
  return refresh();
}

}  // namespace kaito::luks
