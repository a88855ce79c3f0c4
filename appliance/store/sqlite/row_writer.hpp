// The Writer's calls on the writer connection.
#pragma once

#include "appliance/store/sqlite/row_reader.hpp"
#include "appliance/store/sqlite/row_sum_keeper.hpp"

namespace kaito::store::sqlite {

// On the writer thread only.
class RowWriter final : public RowReader<Writer> {
 public:
  RowWriter(Connection& connection, RowSumKeeper& sums) noexcept : RowReader(connection), sums_(sums) {}

  Status put_meta(std::string_view key, ByteView value) override { return sqlite::put_meta(connection_, key, value); }

  Status insert(const Org& org) override { return insert_org(connection_, org); }
  Status update(const Org& org) override { return update_org(connection_, org); }
  Status remove_org(const DeletedOrg& org) override { return sqlite::remove_org(connection_, org); }
  Result<bool> purge_org(const OrgId& id, std::uint32_t rows) override {
    return sqlite::purge_org(connection_, id, rows);
  }

  Status insert(const Member& member) override { return insert_member(connection_, member); }
  Status update(const Member& member) override { return update_member(connection_, member); }
  Status remove_member(const OrgId& org, const MemberId& id) override {
    return sqlite::remove_member(connection_, org, id);
  }

  Status insert(const Group& group) override { return insert_group(connection_, group); }
  Status update(const Group& group) override { return update_group(connection_, group); }
  Status remove_group(const OrgId& org, const GroupId& id) override {
    return sqlite::remove_group(connection_, org, id);
  }
  Status add_to_group(const GroupId& group, const MemberId& member) override {
    return sqlite::add_to_group(connection_, group, member);
  }
  Status remove_from_group(const GroupId& group, const MemberId& member) override {
    return sqlite::remove_from_group(connection_, group, member);
  }
  Status add_to_group(const GroupId& group, const SeedId& seed) override {
    return sqlite::add_to_group(connection_, group, seed);
  }
  Status remove_from_group(const GroupId& group, const SeedId& seed) override {
    return sqlite::remove_from_group(connection_, group, seed);
  }

  Status insert(const Seed& seed) override { return insert_seed(connection_, seed); }
  Status update(const Seed& seed) override { return update_seed(connection_, seed); }
  Status remove_seed(const OrgId& org, const SeedId& id) override { return sqlite::remove_seed(connection_, org, id); }

  Result<bool> rewrap(const OrgId& org, const SeedDek& before, const SeedDek& after) override {
    const RowSumKeeper::Pause pause(sums_);  // a million of these change nothing that is guarded
    return rewrap_seed_dek(connection_, org, before, after);
  }

  Status insert(const Rotation& rotation) override { return insert_rotation(connection_, rotation); }
  Status update(const Rotation& rotation) override { return update_rotation(connection_, rotation); }
  Status insert(const KeyCertificate& certificate) override { return insert_certificate(connection_, certificate); }
  Status sign(const RotationId& rotation, CertificateKind kind, std::string_view note) override {
    return sign_certificate(connection_, rotation, kind, note);
  }
  Status claim_deleted_orgs(const RotationId& rotation) override {
    return sqlite::claim_deleted_orgs(connection_, rotation);
  }
  Status mark_shredded(const RotationId& rotation, TimePoint when) override {
    return sqlite::mark_shredded(connection_, rotation, when);
  }
  Status put(const HsmKey& key) override { return put_hsm_key(connection_, key); }

  Status begin_key_use_period(const KeyUsePeriod& period) override {
    return sqlite::begin_key_use_period(connection_, period);
  }
  Status add_key_uses(const KeyUsePeriod& period, std::span<const KeyUseCount> counts) override {
    return sqlite::add_key_uses(connection_, period, counts);
  }
  Status remove_key_uses_before(TimePoint before) override {
    return sqlite::remove_key_uses_before(connection_, before);
  }

  Status insert(const Staff& staff) override { return insert_staff(connection_, staff); }
  Status update(const Staff& staff) override { return update_staff(connection_, staff); }
  Status insert(const StaffCredential& credential) override { return insert_credential(connection_, credential); }
  Status update_sign_count(ByteView credential_id, std::uint32_t sign_count) override {
    return sqlite::update_sign_count(connection_, credential_id, sign_count);
  }
  Status remove_credential(const StaffId& staff, ByteView credential_id) override {
    return sqlite::remove_credential(connection_, staff, credential_id);
  }

  Status insert(const Approval& approval) override { return insert_approval(connection_, approval); }
  Status insert(const ApprovalSignature& signature) override {
    return insert_approval_signature(connection_, signature);
  }
  Status end_approval(const ApprovalId& id, ApprovalState state, TimePoint when) override {
    return sqlite::end_approval(connection_, id, state, when);
  }
  Status withdraw_approvals_of(const StaffId& staff, TimePoint when) override {
    return sqlite::withdraw_approvals_of(connection_, staff, when);
  }

  Status insert(const OneTimeToken& token) override { return insert_one_time_token(connection_, token); }
  Status remove_one_time_token(const ByteArray<32>& token_hash) override {
    return sqlite::remove_one_time_token(connection_, token_hash);
  }
  Status remove_one_time_tokens_of(const UuidBytes& subject) override {
    return sqlite::remove_one_time_tokens_of(connection_, subject);
  }

  Status insert(const Session& session) override { return insert_session(connection_, session); }
  Status touch_session(const SessionId& id, TimePoint last_seen) override {
    return sqlite::touch_session(connection_, id, last_seen);
  }
  Status remove_session(const SessionId& id) override { return sqlite::remove_session(connection_, id); }
  Status remove_sessions_of(SubjectKind kind, const UuidBytes& subject) override {
    return sqlite::remove_sessions_of(connection_, kind, subject);
  }
  Status remove_sessions_before(TimePoint created_before, TimePoint last_seen_before) override {
    return sqlite::remove_sessions_before(connection_, created_before, last_seen_before);
  }

  Status insert(const ApiKey& key) override { return insert_api_key(connection_, key); }
  Status touch_api_key(const ApiKeyId& id, TimePoint last_used) override {
    return sqlite::touch_api_key(connection_, id, last_used);
  }
  Status remove_api_key(const OrgId& org, const ApiKeyId& id) override {
    return sqlite::remove_api_key(connection_, org, id);
  }

  Status append_audit(const AuditRow& row) override { return sqlite::append_audit(connection_, row); }
  Status insert(const AuditCheckpoint& checkpoint) override { return insert_checkpoint(connection_, checkpoint); }

  Status begin_row_sums() override { return sums_.begin_anew(); }
  Result<ByteArray<32>> row_sums_digest() override { return sums_.digest(); }
  Status anchor_row_sums(const RowAnchor& anchor) override { return sums_.anchor(anchor); }

 private:
  RowSumKeeper& sums_;
};

}  // namespace kaito::store::sqlite
