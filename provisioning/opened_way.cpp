#include "provisioning/opened_way.hpp"

#include "appliance/base/bytes.hpp"
#include "luks/ways/enrolment.hpp"
#include "luks/ways/signed_policy.hpp"
#include "luks/ways/tpm2.hpp"
#include "provisioning/token_key.hpp"

namespace kaito::provisioning {

std::string_view way_name(const luks::TokenRecord& record) noexcept {
  struct Name {
    std::string_view operator()(const luks::RecoveryRecord&) const { return "recovery-shares"; }
    std::string_view operator()(const luks::Tpm2Record&) const { return "tpm2"; }
    std::string_view operator()(const luks::HsmRecord&) const { return "hsm"; }
    std::string_view operator()(const luks::Fido2Record&) const { return "fido2"; }
    std::string_view operator()(const luks::Fido2QuorumRecord&) const { return "fido2-quorum"; }
  };
  return std::visit(Name{}, record);
}

Result<std::vector<EnrolledWay>> enrolled_ways(const luks::Volume& volume) {
  std::vector<EnrolledWay> ways;
  for (const auto& token : volume.facts().tokens) {
    if (token.keyslots.empty()) continue;
    KAITO_TRY(auto record, luks::parse_token_record(token.record));
    ways.push_back({.token = token.id, .keyslot = token.keyslots.front(), .record = std::move(record)});
  }
  return ways;
}

Result<OpenedWay> open_by_tpm(const luks::Volume& volume, const std::string& tcti) {
  KAITO_TRY(const auto ways, enrolled_ways(volume));
  const EnrolledWay* const way = find_way<luks::Tpm2Record>(ways);
  if (!way) return fail(Code::not_found, "the volume is not enrolled with a TPM");
  const auto& record = std::get<luks::Tpm2Record>(way->record);
  std::string signatures;
  if (!record.signed_by.empty()) {
    KAITO_TRY(auto policy, luks::read_boot_policy());
    if (policy) signatures = std::move(policy->signatures);
  }
  KAITO_TRY(luks::Tpm2 tpm, luks::Tpm2::connect(tcti));
  KAITO_TRY(auto secret, tpm.unseal(record, signatures));
  return OpenedWay{.way = "tpm2", .secret = std::move(secret), .keyslot = way->keyslot};
}

Result<OpenedWay> open_by_shares(const luks::Volume& volume, std::vector<luks::RecoveryShare> shares) {
  if (shares.empty()) return fail_invalid("shares", "are none");
  const std::string set = to_hex(shares.front().set);
  KAITO_TRY(const auto ways, enrolled_ways(volume));
  for (const auto& way : ways) {
    const auto* const record = std::get_if<luks::RecoveryRecord>(&way.record);
    if (!record || !record->shares || record->shares->set != set) continue;
    KAITO_TRY(const auto secret, luks::combine_recovery(std::move(shares)));
    return OpenedWay{.way = "recovery-shares", .secret = luks::recovery_text(secret), .keyslot = way.keyslot};
  }
  return fail(Code::unauthenticated,
              fmt::format("shares of set {} are not of this volume; others were printed since", set));
}

Result<OpenedWay> open_by_hsm(const luks::Volume& volume, const HsmPlan& hsm, const Places& places,
                              const Clock& clock) {
  KAITO_TRY(const auto ways, enrolled_ways(volume));
  const EnrolledWay* const way = find_way<luks::HsmRecord>(ways);
  if (!way || hsm.embedded()) return fail(Code::not_found, "the volume is not enrolled with an HSM");
  KAITO_TRY(const auto token, TokenKey::connect(hsm, places, clock));
  KAITO_TRY(auto secret, luks::open_hsm_way(*token, std::get<luks::HsmRecord>(way->record)));
  return OpenedWay{.way = "hsm", .secret = std::move(secret), .keyslot = way->keyslot};
}

Status remove_ways(luks::Volume& volume, std::string_view name) {
  KAITO_TRY(const auto ways, enrolled_ways(volume));
  for (const auto& way : ways)
    if (way_name(way.record) == name) KAITO_CHECK(luks::remove_way(volume, way.token));
  KAITO_CHECK(luks::remove_orphans(volume));
  return {};
}

}  // namespace kaito::provisioning
