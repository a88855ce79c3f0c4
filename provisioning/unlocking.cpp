#include "provisioning/unlocking.hpp"

#include <thread>

#include "appliance/base/file.hpp"
#include "provisioning/decommissioning.hpp"
#include "provisioning/factory_reset.hpp"
#include "provisioning/machine_lock.hpp"
#include "provisioning/mounting.hpp"
#include "provisioning/officers.hpp"
#include "provisioning/session.hpp"
#include "provisioning/transcript_file.hpp"

namespace kaito::provisioning {
namespace {

constexpr Milliseconds kLookAgain{100};

using Attempt = std::function<Result<OpenedWay>()>;

// Why each way that was tried did not open it.
class Attempts {
 public:
  explicit Attempts(const luks::Volume& volume) : volume_(volume) {}

  // None when it did not open; the reason is kept unless the way is not enrolled.
  std::optional<OpenedWay> attempt(std::string_view name, const Attempt& open) {
    auto way = open();
    if (way) {
      auto proof = volume_.unlock(way->secret, way->keyslot);
      if (proof) return *std::move(way);
      way = fail(std::move(proof).error());
    }
    if (way.error().code != Code::not_found) code_ = way.error().code;
    reasons_ += fmt::format("{}{}: {}", reasons_.empty() ? "" : "; ", name, way.error().describe());
    return std::nullopt;
  }
  [[nodiscard]] std::unexpected<Error> failure() const { return fail(code_, "nothing opened the volume: " + reasons_); }

 private:
  const luks::Volume& volume_;
  std::string reasons_;
  Code code_ = Code::unauthenticated;
};

Result<OpenedWay> by_share_files(const luks::Volume& volume, const std::vector<std::filesystem::path>& files) {
  std::vector<luks::RecoveryShare> shares;
  for (const auto& file : files) {
    KAITO_TRY(auto share, read_share_file(file));
    shares.push_back(std::move(share));
  }
  return open_by_shares(volume, std::move(shares));
}

// One share after the other; a mistyped one is asked for again.
Result<OpenedWay> by_typed_shares(const luks::Volume& volume, cli::Terminal& terminal) {
  std::vector<luks::RecoveryShare> shares;
  while (shares.empty() || shares.size() < shares.front().threshold) {
    KAITO_TRY(const Passphrase typed, terminal.ask_secret(fmt::format("Recovery share {}", shares.size() + 1)));
    auto share = luks::parse_share_text(typed);
    if (!share) {
      terminal.note("That is no share, or a character is wrong; type it again.");
      continue;
    }
    const auto same = [&](const luks::RecoveryShare& other) { return other.share.x == share->share.x; };
    if (std::ranges::any_of(shares, same)) {
      terminal.note("That share was here already.");
      continue;
    }
    shares.push_back(*std::move(share));
  }
  return open_by_shares(volume, std::move(shares));
}

}  // namespace

Result<luks::Volume> load_volume(const VolumeRecord& record, Milliseconds wait) {
  const auto until = std::chrono::steady_clock::now() + wait;
  std::error_code ignored;
  while (!std::filesystem::exists(record.present_device(), ignored)) {
    if (std::chrono::steady_clock::now() >= until)
      return fail(Code::not_found, fmt::format("the volume's disk {} is not there", record.device.string()));
    std::this_thread::sleep_for(kLookAgain);
  }
  KAITO_TRY(auto volume, luks::Volume::load(record.present_device()));
  if (volume.facts().uuid != record.uuid)
    return fail(Code::integrity,
                fmt::format("{} holds another volume, {}", record.device.string(), volume.facts().uuid));
  return volume;
}

Result<OpenedWay> any_way(const luks::Volume& volume, const VolumeRecord& record, const Places& places,
                          const UnlockRequest& request, const Clock& clock, cli::Terminal& terminal) {
  Attempts attempts(volume);
  // Who names shares or keys does not wait for an HSM that is gone.
  if (!request.keys.empty()) {
    auto way = attempts.attempt("security keys", [&] { return open_by_officers(volume, request.keys, terminal); });
    if (way) return *std::move(way);
  }
  if (!request.share_files.empty()) {
    auto way = attempts.attempt("share files", [&] { return by_share_files(volume, request.share_files); });
    if (way) return *std::move(way);
  }
  if (!request.only_people) {
    if (auto way = attempts.attempt("tpm2", [&] { return open_by_tpm(volume, places.tcti); })) return *std::move(way);
    auto way = attempts.attempt("hsm", [&] { return open_by_hsm(volume, record.hsm, places, clock); });
    if (way) return *std::move(way);
  }
  if (request.people) {
    KAITO_TRY(const auto ways, enrolled_ways(volume));
    if (find_way<luks::Fido2QuorumRecord>(ways)) {
      auto officers = attempts.attempt("officers", [&] { return open_by_officers(volume, {}, terminal); });
      if (officers) return *std::move(officers);
      terminal.note("The officers' keys did not open it; recovery shares do.");
    }
    auto way = attempts.attempt("typed shares", [&] { return by_typed_shares(volume, terminal); });
    if (way) return *std::move(way);
  }
  return attempts.failure();
}

Result<std::string> unlock(const Places& places, const UnlockRequest& request, const Clock& clock,
                           cli::Terminal& terminal) {
  KAITO_TRY(const VolumeRecord record, read_volume_record(places.volume()));
  KAITO_TRY(const auto locked, lock_machine(places));
  KAITO_TRY(const auto transcript, TranscriptFile::open(places.transcript(), clock));
  if (!transcript.is_signed())
    return fail(Code::wrong_state, "the ceremony has not ended; kaito-boot ceremony goes on with it");
  // Also at the next boot: what has begun to be destroyed is not served any more.
  if (reset_begun(places, record, clock))
    return fail(Code::wrong_state, "a factory reset has begun; kaito-boot factory-reset execute goes on with it");
  if (decommissioning_begun(places, record, clock))
    return fail(Code::wrong_state, "a decommissioning has begun; kaito-boot decommission goes on with it");
  if (request.maintenance) {
    KAITO_CHECK(make_private_directory(places.maintenance.parent_path()));
    KAITO_CHECK(write_file_atomically(places.maintenance, {}));
  }
  if (is_mounted(places)) return std::string("open already");
  if (is_open(places)) {
    KAITO_CHECK(mount_volume(places));
    return std::string("open already");
  }
  // Whatever keyslots a switch that the power ended has left: an attended machine asks people.
  UnlockRequest asked = request;
  asked.only_people = request.only_people || record.mode == UnlockMode::attended;
  if (asked.only_people && !asked.people && asked.keys.empty() && asked.share_files.empty())
    return fail(Code::wrong_state, "this machine waits for people: run kaito-boot unlock at its terminal");
  KAITO_TRY(auto volume, load_volume(record, request.wait));
  KAITO_TRY(const OpenedWay way, any_way(volume, record, places, asked, clock, terminal));
  KAITO_CHECK(open_and_mount(volume, way, places));
  return way.way;
}

}  // namespace kaito::provisioning
