// Every field of every row is kept. A field that is added to a row breaks the compilation here until it is given a
// value below, and then the test until the database keeps it.
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store {
namespace {

using samples::filled;
using samples::kNow;
using samples::nth;

template <class... Fields>
void expect_set(const Fields&... fields) {
  int position = 0;
  const auto check = [&position](bool set) {
    ++position;
    EXPECT_TRUE(set) << "field " << position << " of the sample has its default";
  };
  (check(fields != Fields{}), ...);
}

TEST_P(StoreContract, EveryFieldOfAnOrgIsKept) {
  Org org = samples::org(1);
  {
    const auto& [id, name, created_at, kek_version, oldest_kek_version, wrapped_index_key, dek_lease] = org;
    expect_set(id, name, created_at, kek_version, oldest_kek_version, wrapped_index_key, dek_lease);
  }
  insert(org);
  EXPECT_EQ(snapshot()->org(org.id).value(), org);
  EXPECT_EQ(snapshot()->orgs({}).value().rows, std::vector{org});
  org = {.id = org.id,
         .name = "renamed",
         .created_at = org.created_at,
         .kek_version = 2,
         .oldest_kek_version = 2,
         .wrapped_index_key = Bytes(61, 9),
         .dek_lease = {}};
  EXPECT_DONE(write([&](Writer& writer) { return writer.update(org); }));
  EXPECT_EQ(snapshot()->org(org.id).value(), org);
}

TEST_P(StoreContract, EveryFieldOfAMemberIsKept) {
  Member member = samples::member(1, 1);
  {
    const auto& [id, org, username, display_name, role, state, password_hash, failed_logins, locked_until, created_at] =
        member;
    expect_set(id, org, username, display_name, role, state, password_hash, failed_logins, locked_until, created_at);
  }
  insert(samples::org(1), member);
  EXPECT_EQ(snapshot()->member(member.org, member.id).value(), member);
  member = {.id = member.id,
            .org = member.org,
            .username = "other",
            .display_name = "Other",
            .role = MemberRole::admin,
            .state = MemberState::disabled,
            .password_hash = "$other",
            .failed_logins = 7,
            .locked_until = kNow + Seconds(1),
            .created_at = member.created_at};
  EXPECT_DONE(write([&](Writer& writer) { return writer.update(member); }));
  EXPECT_EQ(snapshot()->member(member.org, member.id).value(), member);
}

TEST_P(StoreContract, EveryFieldOfASeedIsKept) {
  Seed seed = samples::seed(1, 1);
  seed.counter = 5;
  {
    const auto& [id, org, parameters, issuer, account, counter, revision, kek_version, wrapped_dek, iv, ciphertext, tag,
                 row_mac, fingerprint, created_at] = seed;
    expect_set(id, org, parameters, issuer, account, counter, revision, kek_version, wrapped_dek, iv, ciphertext, tag,
               row_mac, fingerprint, created_at);
  }
  insert(samples::org(1), seed);
  EXPECT_EQ(snapshot()->seed(seed.org, seed.id).value(), seed);
  const Seed before = seed;
  seed = samples::seed(1, 77);
  seed.id = before.id;
  seed.created_at = before.created_at;
  seed.parameters = {.type = 2, .algorithm = 3, .digits = 8, .period = 0};
  seed.issuer = "Other";
  seed.counter = 6;
  seed.revision = 2;
  seed.kek_version = 3;
  EXPECT_DONE(write([&](Writer& writer) { return writer.update(seed); }));
  EXPECT_EQ(snapshot()->seed(seed.org, seed.id).value(), seed);
}

TEST_P(StoreContract, EveryFieldOfAGroupIsKept) {
  Group group = samples::group(1, 1);
  {
    const auto& [id, org, name, created_at] = group;
    expect_set(id, org, name, created_at);
  }
  insert(samples::org(1), group);
  EXPECT_EQ(snapshot()->group(group.org, group.id).value(), group);
  group.name = "renamed";
  EXPECT_DONE(write([&](Writer& writer) { return writer.update(group); }));
  EXPECT_EQ(snapshot()->group(group.org, group.id).value(), group);
}

TEST_P(StoreContract, EveryFieldOfStaffAndCredentialsIsKept) {
  Staff staff{
      .id = nth<StaffId>(1), .name = "ada", .role = StaffRole::security_officer, .disabled = true, .created_at = kNow};
  const StaffCredential credential{.credential_id = Bytes(64, 7),
                                   .staff = staff.id,
                                   .label = "blue key",
                                   .cose_key = Bytes(77, 8),
                                   .sign_count = 1,
                                   .backup_eligible = true,
                                   .aaguid = filled<16>(4),
                                   .created_at = kNow};
  {
    const auto& [id, name, role, disabled, created_at] = staff;
    expect_set(id, name, role, disabled, created_at);
  }
  {
    const auto& [credential_id, owner, label, cose_key, sign_count, backup_eligible, aaguid, created_at] = credential;
    expect_set(credential_id, owner, label, cose_key, sign_count, backup_eligible, aaguid, created_at);
  }
  insert(staff, credential);
  EXPECT_EQ(snapshot()->staff(staff.id).value(), staff);
  EXPECT_EQ(snapshot()->credential(credential.credential_id).value(), credential);
  staff = {.id = staff.id, .name = "eve", .role = StaffRole::auditor, .disabled = false, .created_at = kNow};
  EXPECT_DONE(write([&](Writer& writer) { return writer.update(staff); }));
  EXPECT_EQ(snapshot()->staff(staff.id).value(), staff);
}

TEST_P(StoreContract, EveryFieldOfWhatLetsACallerInIsKept) {
  const OneTimeToken token{.token_hash = filled<32>(1),
                           .purpose = OneTimePurpose::staff_enrolment,
                           .subject = nth<StaffId>(3).bytes(),
                           .org = nth<OrgId>(1),
                           .expires_at = kNow};
  Session session = samples::session(1);
  session.org = nth<OrgId>(1);
  session.last_seen = kNow + Seconds(1);
  session.authenticated_at = kNow + Seconds(2);
  ApiKey key = samples::api_key(1, 1);
  key.groups = {nth<GroupId>(3), nth<GroupId>(1)};
  key.last_used = kNow + Seconds(3);
  {
    const auto& [token_hash, purpose, subject, org, expires_at] = token;
    expect_set(token_hash, purpose, subject, org, expires_at);
  }
  {
    const auto& [id, token_hash, kind, subject, org, created_at, last_seen, authenticated_at, peer] = session;
    expect_set(id, token_hash, kind, subject, org, created_at, last_seen, authenticated_at, peer);
  }
  {
    const auto& [id, org, name, token_hash, hint, scopes, groups, allowed_networks, expires_at, last_used, created_at] =
        key;
    expect_set(id, org, name, token_hash, hint, scopes, groups, allowed_networks, expires_at, last_used, created_at);
  }
  insert(samples::org(1), token, session, key);
  EXPECT_EQ(snapshot()->one_time_token(token.token_hash).value(), token);
  EXPECT_EQ(snapshot()->session(session.token_hash).value(), session);
  EXPECT_EQ(snapshot()->api_key_by_hash(key.token_hash).value(), key);
  EXPECT_EQ(snapshot()->api_key(key.org, key.id).value(), key);
}

TEST_P(StoreContract, EveryFieldOfTheAuditLogIsKept) {
  AuditRow row = samples::audit(1);
  row.org = nth<OrgId>(1);
  const AuditCheckpoint checkpoint{
      .tree_size = 2, .root = filled<32>(1), .key_version = 2, .note = "note", .time = kNow};
  {
    const auto& [sequence, org, time, record, leaf_hash] = row;
    expect_set(sequence, org, time, record, leaf_hash);
  }
  {
    const auto& [tree_size, root, key_version, note, time] = checkpoint;
    expect_set(tree_size, root, key_version, note, time);
  }
  EXPECT_DONE(write([&](Writer& writer) -> Status {
    KAITO_CHECK(writer.append_audit(samples::audit(0)));
    KAITO_CHECK(writer.append_audit(row));
    return writer.insert(checkpoint);
  }));
  EXPECT_EQ(snapshot()->audit_rows({.from = 1}).value(), std::vector{row});
  EXPECT_EQ(snapshot()->latest_checkpoint().value(), checkpoint);
}

}  // namespace
}  // namespace kaito::store
