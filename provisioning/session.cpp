#include "provisioning/session.hpp"

#include "appliance/base/file.hpp"
#include "provisioning/mounting.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::size_t kMaxShareFile = 4096;

Result<OpenedWay> open_by_share_files(const luks::Volume& volume, const RecoveryPlan& recovery) {
  if (recovery.directory.empty()) return fail(Code::not_found, "no directory holds recovery shares");
  std::vector<luks::RecoveryShare> shares;
  for (unsigned number = 1; number <= recovery.threshold; ++number) {
    KAITO_TRY(auto share, read_share_file(share_file(recovery, number)));
    shares.push_back(std::move(share));
  }
  return open_by_shares(volume, std::move(shares));
}

}  // namespace

std::filesystem::path share_file(const RecoveryPlan& recovery, unsigned number) {
  return recovery.directory / fmt::format("kaito-recovery-share-{}-of-{}.txt", number, recovery.shares);
}

Result<luks::RecoveryShare> read_share_file(const std::filesystem::path& file) {
  KAITO_TRY(std::string text, read_file(file, kMaxShareFile));
  std::string_view rest = text;
  while (rest.starts_with('#')) rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  auto share = luks::parse_share_text(Passphrase::copy_of(rest));
  wipe(text);
  if (!share) return fail(std::move(share).error().within(file.string()));
  return share;
}

void Session::hold(luks::Volume::Formatted formatted) {
  volume_.emplace(std::move(formatted.volume));
  key_ = std::move(formatted.key);
}

void Session::forget() {
  volume_.reset();
  key_.reset();
}

Result<luks::Volume*> Session::volume() {
  if (!volume_) {
    KAITO_TRY(auto loaded, luks::Volume::load(plan.device));
    volume_.emplace(std::move(loaded));
  }
  return &*volume_;
}

Result<const luks::VolumeKey*> Session::key() {
  if (!key_.empty()) return &key_;
  KAITO_TRY(const luks::Volume* const loaded, volume());
  auto way = open_by_tpm(*loaded, places.tcti);
  if (!way) way = open_by_share_files(*loaded, plan.recovery);
  if (!way) return fail(std::move(way).error().within("neither the TPM nor share files give the volume's key"));
  KAITO_TRY(key_, loaded->unlock(way->secret, way->keyslot));
  return &key_;
}

Status Session::mount() {
  if (is_mounted(places)) return {};
  if (!is_open(places)) {
    KAITO_TRY(luks::Volume* const loaded, volume());
    KAITO_TRY(const luks::VolumeKey* const opens, key());
    KAITO_CHECK(loaded->open(places.mapping, *opens));
  }
  return mount_volume(places);
}

}  // namespace kaito::provisioning
