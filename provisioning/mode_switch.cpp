#include "provisioning/mode_switch.hpp"

#include "provisioning/ceremony_run.hpp"
#include "provisioning/enrolling.hpp"
#include "provisioning/machine_lock.hpp"

namespace kaito::provisioning {
namespace {

// From now on the boot asks neither, even when the power goes before their keyslots are gone.
Result<std::string> become_attended(VolumeRecord record, luks::Volume& volume, const Places& places) {
  record.mode = UnlockMode::attended;
  KAITO_CHECK(write_volume_record(places.volume(), record));
  for (const auto* way : {"tpm2", "hsm"}) KAITO_CHECK(remove_ways(volume, way));
  return std::string("attended: neither TPM nor HSM opens the volume any more");
}

Result<std::string> become_unattended(VolumeRecord record, luks::Volume& volume, const luks::VolumeKey& key,
                                      const Places& places, const Clock& clock, Random& random) {
  KAITO_TRY(const Plan plan, kept_plan(places, clock));
  std::string enrolled;
  if (plan.tpm != TpmUse::none) {
    const auto tpm = enrol_tpm(volume, key, plan.pcrs, places.tcti, random);
    if (!tpm && (tpm.error().code != Code::not_found || plan.tpm == TpmUse::required)) return fail(tpm.error());
    if (tpm) enrolled = "the TPM";
  }
  if (record.hsm.unlock) {
    KAITO_CHECK(enrol_hsm(volume, key, record.hsm, places, clock, random));
    enrolled += enrolled.empty() ? "the HSM" : " and the HSM";
  }
  if (enrolled.empty())
    return fail(Code::not_found, "there is neither a TPM nor an HSM that unlocks; people stay needed");
  record.mode = UnlockMode::unattended;
  KAITO_CHECK(write_volume_record(places.volume(), record));
  return fmt::format("unattended: the volume is opened at boot by {}", enrolled);
}

}  // namespace

Result<std::string> switch_mode(UnlockMode mode, const Places& places, UnlockRequest request, const Clock& clock,
                                Random& random, cli::Terminal& terminal) {
  request.only_people = true;
  KAITO_TRY(const auto locked, lock_machine(places));
  KAITO_TRY(const VolumeRecord record, read_volume_record(places.volume()));
  KAITO_TRY(auto volume, load_volume(record, request.wait));
  KAITO_TRY(const OpenedWay way, any_way(volume, record, places, request, clock, terminal));
  if (mode == UnlockMode::attended) return become_attended(record, volume, places);
  KAITO_TRY(const auto key, volume.unlock(way.secret, way.keyslot));
  return become_unattended(record, volume, key, places, clock, random);
}

}  // namespace kaito::provisioning
