// Passphrases of a volume's keyslots, from where their tokens say that they come.
#pragma once

#include <string>
#include <vector>

#include "appliance/base/time.hpp"
#include "luks/volume.hpp"
#include "luks/ways/recovery_key.hpp"
#include "luks/ways/token_record.hpp"
#include "provisioning/places.hpp"
#include "provisioning/plan.hpp"

namespace kaito::provisioning {

struct OpenedWay {
  std::string way;  // "tpm2", "hsm", "fido2-quorum", "recovery-shares": for the log
  Passphrase secret;
  int keyslot = 0;
};

// A token of the header with its record; those whose keyslot is gone are left out.
struct EnrolledWay {
  int token = 0;
  int keyslot = 0;
  luks::TokenRecord record;
};
Result<std::vector<EnrolledWay>> enrolled_ways(const luks::Volume& volume);
// "tpm2", "hsm", …
std::string_view way_name(const luks::TokenRecord& record) noexcept;
// The first way with a record of that kind; null when there is none.
template <class Record>
const EnrolledWay* find_way(const std::vector<EnrolledWay>& ways) {
  for (const auto& way : ways)
    if (std::holds_alternative<Record>(way.record)) return &way;
  return nullptr;
}

// Code::not_found when no such way is enrolled; otherwise the errors of Tpm2::unseal and combine_recovery.
Result<OpenedWay> open_by_tpm(const luks::Volume& volume, const std::string& tcti);
Result<OpenedWay> open_by_shares(const luks::Volume& volume, std::vector<luks::RecoveryShare> shares);

// A worker is started for it. Code::not_found when no HSM is enrolled or the record names none.
Result<OpenedWay> open_by_hsm(const luks::Volume& volume, const HsmPlan& hsm, const Places& places, const Clock& clock);

// Kills the keyslots of all ways of one kind, and what half an enrolment left. Code::conflict when nothing else opens
// the volume.
Status remove_ways(luks::Volume& volume, std::string_view name);

}  // namespace kaito::provisioning
