#include "provisioning/enrolling.hpp"

#include <fmt/ranges.h>

#include "luks/ways/enrolment.hpp"
#include "luks/ways/signed_policy.hpp"
#include "luks/ways/tpm2.hpp"
#include "provisioning/opened_way.hpp"
#include "provisioning/token_key.hpp"

namespace kaito::provisioning {

Result<Facts> enrol_tpm(luks::Volume& volume, const luks::VolumeKey& key, const std::vector<unsigned>& pcrs,
                        const std::string& tcti, Random& random) {
  KAITO_CHECK(remove_ways(volume, "tpm2"));
  {
    KAITO_TRY(luks::Tpm2 tpm, luks::Tpm2::connect(tcti));
    // One whose lock-out somebody else owns keeps its limits.
    if (const auto allowed = tpm.allow_for_power_cuts(); !allowed && allowed.error().code != Code::forbidden)
      return fail(allowed.error());
    // Where the boot image brings a policy that its builder signs, the next image opens the volume too.
    KAITO_TRY(const auto policy, luks::read_boot_policy());
    KAITO_TRY(const auto sealed, tpm.seal(pcrs, random, policy));
    KAITO_CHECK(luks::enrol(volume, key, sealed.secret, sealed.record, luks::KdfCost::for_random_secret()));
  }
  KAITO_TRY(const OpenedWay way, open_by_tpm(volume, tcti));
  KAITO_TRY(const auto proof, volume.unlock(way.secret, way.keyslot));
  if (proof != key) return fail(Code::integrity, "the TPM opens another volume");
  return Facts{
      {"enrolled", "yes"}, {"pcrs", fmt::format("{}", fmt::join(pcrs, " "))}, {"tested", "the TPM opened the volume"}};
}

Result<Facts> enrol_hsm(luks::Volume& volume, const luks::VolumeKey& key, const HsmPlan& hsm, const Places& places,
                        const Clock& clock, Random& random) {
  KAITO_CHECK(remove_ways(volume, "hsm"));
  {
    KAITO_TRY(const auto token, TokenKey::connect(hsm, places, clock));
    KAITO_TRY(const auto way, luks::make_hsm_way(*token, random));
    KAITO_CHECK(luks::enrol(volume, key, way.secret, way.record, luks::KdfCost::for_random_secret()));
  }
  KAITO_TRY(const OpenedWay way, open_by_hsm(volume, hsm, places, clock));
  KAITO_TRY(const auto proof, volume.unlock(way.secret, way.keyslot));
  if (proof != key) return fail(Code::integrity, "the HSM opens another volume");
  return Facts{{"enrolled", "yes"}, {"key", "kaito-volume"}, {"tested", "the HSM opened the volume"}};
}

}  // namespace kaito::provisioning
