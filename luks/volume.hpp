// A LUKS2 volume: made, opened and closed, its keyslots and tokens. The header has passed the strict inspection
// (header/header_inspection.hpp) before libcryptsetup touches the device, and passes it again as the library has read
// it, so that a header exchanged in between gains nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "luks/crypt_device.hpp"
#include "luks/header/header_inspection.hpp"
#include "luks/kdf_cost.hpp"

namespace kaito::luks {

struct FormatOptions {
  bool integrity = false;  // dm-integrity with HMAC-SHA256 per sector; needs device-mapper, and excludes rotation
  std::uint32_t sector_bytes = 4096;
};

struct OpenOptions {
  bool read_only = false;
  bool discards = false;  // tells the disk which blocks are free, and whoever holds the disk too
};

struct VolumeStatus {
  std::string cipher;
  std::string device;
  std::uint64_t size_bytes = 0;
  bool read_only = false;
  bool in_use = false;  // mounted or held open
};

// One thread at a time. Every call that writes the header leaves it whole through a power cut: libcryptsetup writes one
// copy after the other, each with its checksum.
class Volume {
 public:
  struct Formatted;
  // A new header with a new volume key and no keyslot yet: nothing opens it before the first way is enrolled. What was
  // on the device is lost. Code::conflict when the device is in use.
  static Result<Formatted> format(const std::filesystem::path& device, const FormatOptions& options, Random& random);

  // Code::integrity when the header is refused, Code::not_found when there is none.
  static Result<Volume> load(const std::filesystem::path& device, const InspectionLimits& limits = {});

  // As of the last call that changed the header through this object.
  [[nodiscard]] const HeaderFacts& facts() const noexcept { return facts_; }
  [[nodiscard]] const std::filesystem::path& device() const noexcept { return path_; }

  // The volume key, if the passphrase opens the keyslot (none: any keyslot). Needs no device-mapper: also the way to
  // prove a passphrase. Code::unauthenticated when it opens nothing.
  [[nodiscard]] Result<VolumeKey> unlock(const Passphrase& passphrase, std::optional<int> keyslot = {}) const;

  // Maps the data to /dev/mapper/`name`. A rotation that a crash ended is recovered first, and goes on later by
  // resume_rotation. Code::conflict when the name is in use.
  Status open(const std::string& name, const Passphrase& passphrase, const OpenOptions& options = {},
              std::optional<int> keyslot = {});
  // The same with the volume key itself, for who has just formatted or unlocked.
  Status open(const std::string& name, const VolumeKey& key, const OpenOptions& options = {});
  // Code::not_found when there is no such mapping, Code::conflict when it is in use.
  static Status close(const std::string& name);
  static Result<VolumeStatus> status(const std::string& name);
  // To the size that the device has now.
  Status resize(const std::string& name, const Passphrase& passphrase);

  // Keyslots. `key` proves that the caller has opened the volume. Gives the keyslot's number.
  Result<int> add_keyslot(const VolumeKey& key, const Passphrase& passphrase, const KdfCost& cost);
  // Another passphrase for a keyslot, which keeps its number and its token.
  Status change_keyslot(int keyslot, const Passphrase& old_passphrase, const Passphrase& new_passphrase,
                        const KdfCost& cost);
  // Overwrites the key material. The last keyslot that opens the data goes only with `even_the_last`: then nothing
  // opens the volume ever again, from no copy of the header that is overwritten too.
  Status kill_keyslot(int keyslot, bool even_the_last = false);

  // Tokens, in libcryptsetup's JSON. Gives the token's number.
  Result<int> add_token(const boost::json::object& token);
  Status replace_token(int token, const boost::json::object& content);
  Status remove_token(int token);

  // For the parts of this library that call libcryptsetup themselves; refresh() after each change.
  [[nodiscard]] const CryptDevice& crypt() const noexcept { return crypt_; }
  Status refresh();
  // From the disk again, as load does.
  Status reload();

 private:
  Volume(CryptDevice crypt, std::filesystem::path path, InspectionLimits limits)
      : crypt_(std::move(crypt)), path_(std::move(path)), limits_(limits) {}

  CryptDevice crypt_;
  std::filesystem::path path_;
  InspectionLimits limits_;
  HeaderFacts facts_;
};

struct Volume::Formatted {
  Volume volume;
  VolumeKey key;
};

}  // namespace kaito::luks
