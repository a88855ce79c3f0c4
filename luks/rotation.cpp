#include "luks/rotation.hpp"

#include <fmt/format.h>
#include <libcryptsetup.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "luks/ways/enrolment.hpp"

namespace kaito::luks {
namespace {

// Reads and writes of a slice wait while it is re-encrypted, and a crash costs one.
constexpr std::uint64_t kSliceBytes = 8 * 1024 * 1024;

struct Replacement {
  int token;
  int old_slot;
  int new_slot;
};

// Takes back the new keyslots of a rotation that could not begin.
class NewKeyslots {
 public:
  explicit NewKeyslots(Volume& volume) : volume_(volume) {}
  ~NewKeyslots() {
    if (begun_) return;
    for (const Replacement& each : made_)
      static_cast<void>(crypt_keyslot_destroy(volume_.crypt().get(), each.new_slot));
    static_cast<void>(volume_.refresh());
  }
  NewKeyslots(const NewKeyslots&) = delete;
  NewKeyslots& operator=(const NewKeyslots&) = delete;

  // A keyslot of the new key under the way's passphrase, and the way's token names it beside the old one.
  Status add(const KeptWay& way, const VolumeKey& new_key) {
    const TokenFacts* const token = volume_.facts().token(way.token);
    const int old_slot = token->keyslots.front();
    const std::uint32_t flags =
        CRYPT_VOLUME_KEY_NO_SEGMENT | (made_.empty() ? 0U : static_cast<std::uint32_t>(CRYPT_VOLUME_KEY_DIGEST_REUSE));
    const ByteView key = new_key.expose_secret();
    const ByteView words = way.secret.expose_secret();
    crypt_device* const device = volume_.crypt().get();
    const int slot =
        crypt_keyslot_add_by_key(device, CRYPT_ANY_SLOT, chars(key), key.size(), chars(words), words.size(), flags);
    KAITO_CHECK(volume_.crypt().check("adding a keyslot for the new key", slot));
    made_.push_back({.token = way.token, .old_slot = old_slot, .new_slot = slot});
    return volume_.crypt().check("assigning the new keyslot", crypt_token_assign_keyslot(device, way.token, slot));
  }

  [[nodiscard]] const Replacement& first() const { return made_.front(); }
  void begun() { begun_ = true; }

 private:
  Volume& volume_;
  std::vector<Replacement> made_;
  bool begun_ = false;
};

struct Reporter {
  const OnProgress& on_progress;
  bool paused = false;
};

// libcryptsetup's callback: not 0 stops after the slice.
int report(std::uint64_t size, std::uint64_t offset, void* context) {
  auto& reporter = *static_cast<Reporter*>(context);
  if (!reporter.on_progress || reporter.on_progress({.done_bytes = offset, .total_bytes = size})) return 0;
  reporter.paused = true;
  return 1;
}

const char* name_or_null(const std::optional<std::string>& name) { return name ? name->c_str() : nullptr; }

crypt_params_reencrypt parameters(const crypt_params_luks2* luks2, std::uint32_t flags) {
  return {.mode = CRYPT_REENCRYPT_REENCRYPT,
          .direction = CRYPT_REENCRYPT_FORWARD,
          .resilience = "checksum",
          .hash = "sha256",
          .max_hotzone_size = kSliceBytes / 512,
          .luks2 = luks2,
          .flags = flags};
}

Status check_request(const Volume& volume, const RotationRequest& request) {
  const HeaderFacts& facts = volume.facts();
  if (facts.rotating) return fail(Code::conflict, "a rotation is unfinished; resume it");
  if (facts.integrity) return fail(Code::wrong_state, "a volume with dm-integrity cannot be re-encrypted in place");
  if (request.kept.empty()) return fail_invalid("kept", "is empty: nothing would open the volume");
  if (!facts.orphan_keyslots().empty() || !facts.orphan_tokens().empty())
    return fail(Code::conflict, "there are keyslots without a token or tokens without a keyslot; remove them first");
  const auto times = [&](int token) {
    return std::ranges::count(request.kept, token, &KeptWay::token) + std::ranges::count(request.dropped, token);
  };
  for (const TokenFacts& token : facts.tokens)
    if (times(token.id) != 1) return fail_invalid("kept", fmt::format("and dropped must name token {} once", token.id));
  if (request.kept.size() + request.dropped.size() != facts.tokens.size())
    return fail_invalid("kept", "or dropped names a token that is not there");
  for (const KeptWay& way : request.kept)
    KAITO_CHECK(volume.unlock(way.secret, facts.token(way.token)->keyslots.front()));
  return {};
}

// Runs what is initialised. When it is complete, libcryptsetup has removed the old key's keyslots; tokens without any
// go too.
Result<RotationEnd> run(Volume& volume, const OnProgress& on_progress) {
  Reporter reporter{.on_progress = on_progress};
  const Status ran =
      volume.crypt().check("re-encrypting", crypt_reencrypt_run(volume.crypt().get(), report, &reporter));
  // What the library has in memory after the run is not what a new start would read.
  KAITO_CHECK(volume.reload());
  KAITO_CHECK(ran);
  if (volume.facts().rotating) return RotationEnd::paused;
  KAITO_CHECK(remove_orphans(volume));
  return RotationEnd::complete;
}

}  // namespace

Result<RotationEnd> rotate_volume_key(Volume& volume, const RotationRequest& request, Random& random,
                                      const OnProgress& on_progress) {
  KAITO_CHECK(check_request(volume, request));
  crypt_device* const device = volume.crypt().get();
  const crypt_pbkdf_type pbkdf = to_pbkdf(request.cost);
  KAITO_CHECK(volume.crypt().check("setting the key derivation", crypt_set_pbkdf_type(device, &pbkdf)));

  const auto new_key = VolumeKey::random(static_cast<std::size_t>(crypt_get_volume_key_size(device)), random);
  NewKeyslots keyslots(volume);
  for (const KeptWay& way : request.kept) KAITO_CHECK(keyslots.add(way, new_key));

  const crypt_params_luks2 luks2{.sector_size = volume.facts().sector_bytes};
  const crypt_params_reencrypt wanted = parameters(&luks2, CRYPT_REENCRYPT_INITIALIZE_ONLY);
  const ByteView words = request.kept.front().secret.expose_secret();
  KAITO_CHECK(volume.crypt().check(
      "beginning the rotation",
      crypt_reencrypt_init_by_passphrase(device, name_or_null(request.active_name), chars(words), words.size(),
                                         keyslots.first().old_slot, keyslots.first().new_slot, "aes", "xts-plain64",
                                         &wanted)));
  keyslots.begun();
  return resume_rotation(volume, request.active_name, request.kept.front().secret, on_progress);
}

Result<RotationEnd> resume_rotation(Volume& volume, const std::optional<std::string>& active_name,
                                    const Passphrase& passphrase, const OnProgress& on_progress) {
  KAITO_CHECK(volume.reload());
  if (!volume.facts().rotating) return fail(Code::wrong_state, "no rotation is unfinished");
  const crypt_params_reencrypt wanted = parameters(nullptr, CRYPT_REENCRYPT_RESUME_ONLY);
  const ByteView words = passphrase.expose_secret();
  KAITO_CHECK(volume.crypt().check(
      "resuming the rotation",
      crypt_reencrypt_init_by_passphrase(volume.crypt().get(), name_or_null(active_name), chars(words), words.size(),
                                         CRYPT_ANY_SLOT, CRYPT_ANY_SLOT, nullptr, nullptr, &wanted)));
  return run(volume, on_progress);
}

}  // namespace kaito::luks
