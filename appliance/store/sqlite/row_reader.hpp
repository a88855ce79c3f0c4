// The Reader's calls on a Connection, for a snapshot (Base = Reader) and for the writer's transaction (Base = Writer),
// which reads in the same way.
#pragma once

#include "appliance/store/sqlite/access_rows.hpp"
#include "appliance/store/sqlite/approval_rows.hpp"
#include "appliance/store/sqlite/audit_rows.hpp"
#include "appliance/store/sqlite/key_rows.hpp"
#include "appliance/store/sqlite/key_use_rows.hpp"
#include "appliance/store/sqlite/member_rows.hpp"
#include "appliance/store/sqlite/org_rows.hpp"
#include "appliance/store/sqlite/row_sum_rows.hpp"
#include "appliance/store/sqlite/seed_rows.hpp"
#include "appliance/store/sqlite/staff_rows.hpp"
#include "appliance/store/store.hpp"

namespace kaito::store::sqlite {

template <class Base>
class RowReader : public Base {
 public:
  explicit RowReader(Connection& connection) noexcept : connection_(connection) {}

  Result<std::optional<Bytes>> meta(std::string_view key) override { return find_meta(connection_, key); }

  Result<std::optional<Org>> org(const OrgId& id) override { return find_org(connection_, id); }
  Result<std::optional<Org>> org_by_name(std::string_view name) override { return find_org_by_name(connection_, name); }
  Result<Page<Org>> orgs(const PageRequest& page) override { return list_orgs(connection_, page); }

  Result<std::optional<Member>> member(const OrgId& org, const MemberId& id) override {
    return find_member(connection_, org, id);
  }
  Result<std::optional<Member>> member_by_username(const OrgId& org, std::string_view username) override {
    return find_member_by_username(connection_, org, username);
  }
  Result<Page<Member>> members(const OrgId& org, const PageRequest& page) override {
    return list_members(connection_, org, page);
  }
  Result<std::uint64_t> owner_count(const OrgId& org) override { return count_active_owners(connection_, org); }
  Result<std::vector<GroupId>> groups_of_member(const MemberId& id) override {
    return sqlite::groups_of_member(connection_, id);
  }

  Result<std::optional<Group>> group(const OrgId& org, const GroupId& id) override {
    return find_group(connection_, org, id);
  }
  Result<Page<Group>> groups(const OrgId& org, const PageRequest& page) override {
    return list_groups(connection_, org, page);
  }
  Result<std::vector<MemberId>> members_of_group(const GroupId& id) override {
    return sqlite::members_of_group(connection_, id);
  }
  Result<std::vector<GroupId>> groups_of_seed(const SeedId& id) override {
    return sqlite::groups_of_seed(connection_, id);
  }

  Result<std::optional<Seed>> seed(const OrgId& org, const SeedId& id) override {
    return find_seed(connection_, org, id);
  }
  Result<Page<Seed>> seeds(const SeedFilter& filter, const PageRequest& page) override {
    return list_seeds(connection_, filter, page);
  }
  Result<std::uint64_t> seed_count(const OrgId& org) override { return count_seeds(connection_, org); }
  Result<std::vector<SeedId>> seeds_by_fingerprint(const OrgId& org, const ByteArray<16>& fingerprint) override {
    return find_seeds_by_fingerprint(connection_, org, fingerprint);
  }

  Result<std::vector<SeedDek>> seed_deks(const OrgId& org, KeyVersion below, const SeedDekPlace& place,
                                         std::uint32_t limit) override {
    return list_seed_deks(connection_, org, below, place, limit);
  }
  Result<std::uint64_t> seed_count_below(const OrgId& org, KeyVersion below) override {
    return count_seeds_below(connection_, org, below);
  }
  Result<bool> any_seed_below(const OrgId& org, KeyVersion below) override {
    return sqlite::any_seed_below(connection_, org, below);
  }

  Result<std::optional<Rotation>> rotation(const RotationId& id) override { return find_rotation(connection_, id); }
  Result<Page<Rotation>> rotations(const std::optional<OrgId>& org, const PageRequest& page) override {
    return list_rotations(connection_, org, page);
  }
  Result<std::vector<Rotation>> open_rotations() override { return sqlite::open_rotations(connection_); }
  Result<std::optional<Rotation>> open_rotation(KeyKind kind, const std::optional<OrgId>& org) override {
    return find_open_rotation(connection_, kind, org);
  }
  Result<std::optional<Rotation>> latest_rotation(KeyKind kind, const std::optional<OrgId>& org) override {
    return find_latest_rotation(connection_, kind, org);
  }
  Result<std::vector<KeyCertificate>> certificates_of(const RotationId& rotation) override {
    return sqlite::certificates_of(connection_, rotation);
  }
  Result<Page<DeletedOrg>> deleted_orgs(const PageRequest& page) override {
    return list_deleted_orgs(connection_, page);
  }
  Result<bool> is_deleted_org(const OrgId& id) override { return sqlite::is_deleted_org(connection_, id); }
  Result<std::optional<OrgId>> org_to_purge() override { return sqlite::org_to_purge(connection_); }
  Result<std::vector<DeletedOrg>> orgs_shredded_by(const RotationId& rotation) override {
    return sqlite::orgs_shredded_by(connection_, rotation);
  }
  Result<std::vector<DeletedOrg>> unclaimed_deletions() override { return sqlite::unclaimed_deletions(connection_); }
  Result<std::optional<TimePoint>> oldest_unclaimed_deletion() override {
    return sqlite::oldest_unclaimed_deletion(connection_);
  }
  Result<std::vector<HsmKey>> hsm_keys() override { return list_hsm_keys(connection_); }

  Result<std::vector<KeyUsePeriod>> key_use_periods(TimePoint from) override {
    return list_key_use_periods(connection_, from);
  }
  Result<std::vector<KeyUseCount>> key_uses(const OrgId& org, TimePoint from) override {
    return sum_key_uses(connection_, org, from);
  }

  Result<std::optional<Staff>> staff(const StaffId& id) override { return find_staff(connection_, id); }
  Result<std::optional<Staff>> staff_by_name(std::string_view name) override {
    return find_staff_by_name(connection_, name);
  }
  Result<std::vector<Staff>> all_staff() override { return list_staff(connection_); }
  Result<std::optional<StaffCredential>> credential(ByteView credential_id) override {
    return find_credential(connection_, credential_id);
  }
  Result<std::vector<StaffCredential>> credentials_of(const StaffId& id) override {
    return sqlite::credentials_of(connection_, id);
  }

  Result<std::optional<Approval>> approval(const ApprovalId& id) override { return find_approval(connection_, id); }
  Result<Page<Approval>> approvals(const PageRequest& page) override { return list_approvals(connection_, page); }
  Result<std::uint64_t> open_approval_count(TimePoint now) override { return count_open_approvals(connection_, now); }
  Result<std::vector<ApprovalSignature>> signatures_of(const ApprovalId& id) override {
    return sqlite::signatures_of(connection_, id);
  }

  Result<std::optional<OneTimeToken>> one_time_token(const ByteArray<32>& token_hash) override {
    return find_one_time_token(connection_, token_hash);
  }
  Result<std::optional<Session>> session(const ByteArray<32>& token_hash) override {
    return find_session(connection_, token_hash);
  }
  Result<std::optional<ApiKey>> api_key(const OrgId& org, const ApiKeyId& id) override {
    return find_api_key(connection_, org, id);
  }
  Result<std::optional<ApiKey>> api_key_by_hash(const ByteArray<32>& token_hash) override {
    return find_api_key_by_hash(connection_, token_hash);
  }
  Result<Page<ApiKey>> api_keys(const OrgId& org, const PageRequest& page) override {
    return list_api_keys(connection_, org, page);
  }

  Result<std::vector<AuditRow>> audit_rows(const AuditFilter& filter) override {
    return list_audit(connection_, filter);
  }
  Result<std::uint64_t> audit_size() override { return sqlite::audit_size(connection_); }
  Result<std::vector<ByteArray<32>>> audit_leaf_hashes(std::uint64_t from, std::uint64_t until) override {
    return sqlite::audit_leaf_hashes(connection_, from, until);
  }
  Result<std::optional<AuditCheckpoint>> latest_checkpoint() override { return sqlite::latest_checkpoint(connection_); }
  Result<std::vector<AuditCheckpoint>> checkpoints(std::uint64_t from_size, std::uint32_t limit) override {
    return list_checkpoints(connection_, from_size, limit);
  }
  Result<std::optional<AuditRow>> first_audit_row_with(std::string_view part, std::uint64_t from) override {
    return sqlite::first_audit_row_with(connection_, part, from);
  }

  Result<std::optional<KeptRowSums>> row_sums() override { return find_row_sums(connection_); }
  Result<RowSum> compute_row_sum(GuardedTable table, const std::stop_token& stop) override {
    return sqlite::compute_row_sum(connection_, table, stop);
  }

 protected:
  Connection& connection_;
};

}  // namespace kaito::store::sqlite
