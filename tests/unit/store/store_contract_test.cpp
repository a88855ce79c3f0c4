// Rows: what is written is read back, what is refused says why, what is removed takes along what belongs to it.
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store {
namespace {

using samples::filled;
using samples::kNow;
using samples::nth;

TEST_P(StoreContract, AnAbsentRowIsNoError) {
  const auto reader = snapshot();
  EXPECT_FALSE(reader->meta("absent").value());
  EXPECT_FALSE(reader->org(nth<OrgId>(1)).value());
  EXPECT_FALSE(reader->seed(nth<OrgId>(1), nth<SeedId>(1)).value());
  EXPECT_FALSE(reader->session(filled<32>(1)).value());
  EXPECT_FALSE(reader->api_key_by_hash(filled<32>(1)).value());
  EXPECT_FALSE(reader->latest_checkpoint().value());
  EXPECT_EQ(reader->audit_size().value(), 0U);
}

TEST_P(StoreContract, MetaIsReplacedByTheLastValue) {
  EXPECT_DONE(write([](Writer& writer) { return writer.put_meta("key", as_bytes("first")); }));
  EXPECT_DONE(write([](Writer& writer) { return writer.put_meta("key", as_bytes(std::string_view("a\0b", 3))); }));
  EXPECT_EQ(snapshot()->meta("key").value(), (Bytes{'a', 0, 'b'}));
}

TEST_P(StoreContract, AWriterSeesItsOwnChanges) {
  EXPECT_DONE(write([](Writer& writer) -> Status {
    KAITO_CHECK(writer.insert(samples::org(1)));
    KAITO_TRY(const auto found, writer.org(nth<OrgId>(1)));
    return found ? Status{} : Status(fail(Code::internal, "not seen"));
  }));
}

TEST_P(StoreContract, RowsSurviveAReopening) {
  insert(samples::org(1), samples::seed(1, 1));
  reopen();
  EXPECT_TRUE(snapshot()->org(nth<OrgId>(1)).value());
  EXPECT_EQ(snapshot()->seed(nth<OrgId>(1), nth<SeedId>(1)).value()->account, "account 1");
}

TEST_P(StoreContract, AnOrgsNameIsTakenOnce) {
  insert(samples::org(1));
  Org other = samples::org(2);
  other.name = samples::org(1).name;
  EXPECT_REFUSED(write([&](Writer& writer) { return writer.insert(other); }), Code::conflict, "name");
  Org same_id = samples::org(1);
  same_id.name = "another name";
  EXPECT_REFUSED(write([&](Writer& writer) { return writer.insert(same_id); }), Code::conflict, "id");
  EXPECT_EQ(snapshot()->org_by_name(other.name).value()->id, nth<OrgId>(1));
}

TEST_P(StoreContract, AValueOutOfBoundsIsRefusedByName) {
  Org org = samples::org(1);
  org.name.assign(129, 'x');
  EXPECT_REFUSED(write([&](Writer& writer) { return writer.insert(org); }), Code::invalid_request, "name");
  org.name.clear();
  EXPECT_REFUSED(write([&](Writer& writer) { return writer.insert(org); }), Code::invalid_request, "name");
  insert(samples::org(2));
  Seed seed = samples::seed(2, 1);
  seed.parameters.digits = 9;
  EXPECT_REFUSED(write([&](Writer& writer) { return writer.insert(seed); }), Code::invalid_request, "digits");
  seed = samples::seed(2, 1);
  seed.counter = std::uint64_t{1} << 63;
  EXPECT_REFUSED(write([&](Writer& writer) { return writer.insert(seed); }), Code::invalid_request, "counter");
}

TEST_P(StoreContract, ARowOfAnAbsentOrgIsRefused) {
  EXPECT_CODE(write([](Writer& writer) { return writer.insert(samples::member(9, 1)); }), Code::not_found);
  EXPECT_CODE(write([](Writer& writer) { return writer.insert(samples::seed(9, 1)); }), Code::not_found);
}

TEST_P(StoreContract, AChangeOfAnAbsentRowIsNotFound) {
  EXPECT_CODE(write([](Writer& writer) { return writer.update(samples::org(1)); }), Code::not_found);
  EXPECT_CODE(write([](Writer& writer) { return writer.remove_org({.org = nth<OrgId>(1)}); }), Code::not_found);
  EXPECT_CODE(write([](Writer& writer) { return writer.update(samples::seed(1, 1)); }), Code::not_found);
  EXPECT_CODE(write([](Writer& writer) { return writer.remove_session(nth<SessionId>(1)); }), Code::not_found);
  EXPECT_CODE(write([](Writer& writer) { return writer.update_sign_count(Bytes{1}, 2); }), Code::not_found);
  EXPECT_CODE(write([](Writer& writer) { return writer.remove_one_time_token(filled<32>(1)); }), Code::not_found);
}

TEST_P(StoreContract, AMemberComesBackAsItWasAndAsItWasChanged) {
  insert(samples::org(1), samples::member(1, 1));
  Member member = samples::member(1, 1);
  auto found = snapshot()->member_by_username(member.org, member.username).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, member.id);
  EXPECT_EQ(found->password_hash, member.password_hash);
  EXPECT_EQ(found->locked_until, member.locked_until);
  EXPECT_EQ(found->created_at, kNow);

  member.role = MemberRole::owner;
  member.locked_until.reset();
  member.failed_logins = 4'294'967'295U;
  EXPECT_DONE(write([&](Writer& writer) { return writer.update(member); }));
  found = snapshot()->member(member.org, member.id).value();
  EXPECT_EQ(found->role, MemberRole::owner);
  EXPECT_EQ(found->locked_until, std::nullopt);
  EXPECT_EQ(found->failed_logins, 4'294'967'295U);
  EXPECT_EQ(snapshot()->owner_count(member.org).value(), 1U);
}

TEST_P(StoreContract, UsernamesAreUniqueInTheOrgOnly) {
  insert(samples::org(1), samples::org(2), samples::member(1, 1));
  Member other = samples::member(2, 2);
  other.username = samples::member(1, 1).username;
  insert(other);
  other.id = nth<MemberId>(3);
  EXPECT_REFUSED(write([&](Writer& writer) { return writer.insert(other); }), Code::conflict, "username");
}

TEST_P(StoreContract, AnotherOrgsObjectsAreNotFound) {
  insert(samples::org(1), samples::org(2), samples::member(1, 1), samples::group(1, 1), samples::seed(1, 1),
         samples::api_key(1, 1));
  const auto reader = snapshot();
  const OrgId foreign = nth<OrgId>(2);
  EXPECT_FALSE(reader->member(foreign, nth<MemberId>(1)).value());
  EXPECT_FALSE(reader->group(foreign, nth<GroupId>(1)).value());
  EXPECT_FALSE(reader->seed(foreign, nth<SeedId>(1)).value());
  EXPECT_FALSE(reader->api_key(foreign, nth<ApiKeyId>(1)).value());
  EXPECT_CODE(write([&](Writer& writer) { return writer.remove_seed(foreign, nth<SeedId>(1)); }), Code::not_found);
  Seed moved = samples::seed(1, 1);
  moved.org = foreign;
  EXPECT_CODE(write([&](Writer& writer) { return writer.update(moved); }), Code::not_found);
}

TEST_P(StoreContract, ASeedComesBackByteForByte) {
  Seed seed = samples::seed(1, 7);
  seed.counter = (std::uint64_t{1} << 63) - 1;
  seed.issuer = "";
  seed.ciphertext = Bytes(128, 0);
  insert(samples::org(1), seed);
  const auto found = snapshot()->seed(seed.org, seed.id).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->parameters, seed.parameters);
  EXPECT_EQ(found->counter, seed.counter);
  EXPECT_EQ(found->issuer, seed.issuer);
  EXPECT_EQ(found->wrapped_dek, seed.wrapped_dek);
  EXPECT_EQ(found->iv, seed.iv);
  EXPECT_EQ(found->ciphertext, seed.ciphertext);
  EXPECT_EQ(found->tag, seed.tag);
  EXPECT_EQ(found->row_mac, seed.row_mac);
  EXPECT_EQ(snapshot()->seeds_by_fingerprint(seed.org, seed.fingerprint).value(), std::vector<SeedId>{seed.id});
  EXPECT_EQ(snapshot()->seed_count(seed.org).value(), 1U);
}

TEST_P(StoreContract, MembershipIsIdempotentAndStaysInsideTheOrg) {
  insert(samples::org(1), samples::org(2), samples::group(1, 1), samples::member(1, 1), samples::seed(1, 1),
         samples::member(2, 2), samples::seed(2, 2));
  for (int i = 0; i < 2; ++i) {
    EXPECT_DONE(write([](Writer& writer) { return writer.add_to_group(nth<GroupId>(1), nth<MemberId>(1)); }));
    EXPECT_DONE(write([](Writer& writer) { return writer.add_to_group(nth<GroupId>(1), nth<SeedId>(1)); }));
  }
  EXPECT_CODE(write([](Writer& writer) { return writer.add_to_group(nth<GroupId>(1), nth<MemberId>(2)); }),
              Code::not_found);
  EXPECT_CODE(write([](Writer& writer) { return writer.add_to_group(nth<GroupId>(1), nth<SeedId>(2)); }),
              Code::not_found);
  EXPECT_EQ(snapshot()->groups_of_member(nth<MemberId>(1)).value(), std::vector{nth<GroupId>(1)});
  EXPECT_EQ(snapshot()->groups_of_seed(nth<SeedId>(1)).value(), std::vector{nth<GroupId>(1)});
  EXPECT_EQ(snapshot()->members_of_group(nth<GroupId>(1)).value(), std::vector{nth<MemberId>(1)});
  EXPECT_DONE(write([](Writer& writer) { return writer.remove_from_group(nth<GroupId>(1), nth<SeedId>(1)); }));
  EXPECT_CODE(write([](Writer& writer) { return writer.remove_from_group(nth<GroupId>(1), nth<SeedId>(1)); }),
              Code::not_found);
}

TEST_P(StoreContract, F54RemovingAnOrgLeavesItsAuditRecordsOnly) {
  OneTimeToken invitation{.token_hash = filled<32>(5), .subject = nth<MemberId>(1).bytes(), .org = nth<OrgId>(1)};
  Session session = samples::session(1);
  session.kind = SubjectKind::member;
  session.org = nth<OrgId>(1);
  insert(samples::org(1), samples::member(1, 1), samples::group(1, 1), samples::seed(1, 1), samples::api_key(1, 1),
         invitation, session);
  AuditRow record = samples::audit(0);
  record.org = nth<OrgId>(1);
  EXPECT_DONE(write([&](Writer& writer) -> Status {
    KAITO_CHECK(writer.add_to_group(nth<GroupId>(1), nth<SeedId>(1)));
    KAITO_CHECK(writer.add_to_group(nth<GroupId>(1), nth<MemberId>(1)));
    return writer.append_audit(record);
  }));
  EXPECT_CODE(write([](Writer& writer) -> Status {
                KAITO_CHECK(writer.purge_org(nth<OrgId>(1), 100));
                return {};
              }),
              Code::conflict);
  EXPECT_DONE(write([](Writer& writer) { return writer.remove_org({.org = nth<OrgId>(1)}); }));
  Org namesake = samples::org(2);
  namesake.name = samples::org(1).name;
  insert(namesake);
  {
    const auto reader = snapshot();
    EXPECT_FALSE(reader->org(nth<OrgId>(1)).value());
    EXPECT_EQ(reader->org_by_name(namesake.name).value()->id, namesake.id);
    EXPECT_EQ(reader->orgs({}).value().rows.size(), 1U);
    EXPECT_EQ(reader->api_keys(nth<OrgId>(1), {}).value().rows.size(), 0U);
    EXPECT_FALSE(reader->session(session.token_hash).value());
    EXPECT_FALSE(reader->one_time_token(invitation.token_hash).value());
    EXPECT_EQ(reader->org_to_purge().value(), nth<OrgId>(1));
  }
  EXPECT_CODE(write([](Writer& writer) { return writer.remove_org({.org = nth<OrgId>(1)}); }), Code::not_found);
  EXPECT_EQ(slices_until_purged(1, 100), 1U);

  const auto reader = snapshot();
  EXPECT_FALSE(reader->org_to_purge().value());
  EXPECT_EQ(reader->members(nth<OrgId>(1), {}).value().rows.size(), 0U);
  EXPECT_EQ(reader->groups(nth<OrgId>(1), {}).value().rows.size(), 0U);
  EXPECT_EQ(reader->seeds({.org = nth<OrgId>(1)}, {}).value().rows.size(), 0U);
  EXPECT_TRUE(reader->groups_of_seed(nth<SeedId>(1)).value().empty());
  EXPECT_TRUE(reader->groups_of_member(nth<MemberId>(1)).value().empty());
  EXPECT_EQ(reader->audit_rows({.org = nth<OrgId>(1)}).value().size(), 1U);
}

TEST_P(StoreContract, ADeletedOrgsRowsLeaveInSlicesAndNobodyElsesDo) {
  insert(samples::org(1), samples::org(2), samples::group(1, 1), samples::group(2, 2), samples::member(1, 1),
         samples::member(1, 2), samples::member(2, 3), samples::seed(1, 1), samples::seed(1, 2), samples::seed(1, 3),
         samples::seed(2, 4));
  EXPECT_DONE(write([](Writer& writer) -> Status {
    for (const std::uint32_t n : {1U, 2U, 3U}) KAITO_CHECK(writer.add_to_group(nth<GroupId>(1), nth<SeedId>(n)));
    KAITO_CHECK(writer.add_to_group(nth<GroupId>(1), nth<MemberId>(1)));
    KAITO_CHECK(writer.add_to_group(nth<GroupId>(2), nth<MemberId>(3)));
    KAITO_CHECK(writer.add_to_group(nth<GroupId>(2), nth<SeedId>(4)));
    return writer.remove_org({.org = nth<OrgId>(1)});
  }));
  // Four memberships, a group, two members and three seeds: five full slices, and one that finds nothing left.
  EXPECT_EQ(slices_until_purged(1, 2), 6U);
  const auto reader = snapshot();
  EXPECT_EQ(reader->seeds({.org = nth<OrgId>(1)}, {}).value().rows.size(), 0U);
  EXPECT_EQ(reader->seeds({.org = nth<OrgId>(2)}, {}).value().rows.size(), 1U);
  EXPECT_EQ(reader->members(nth<OrgId>(2), {}).value().rows.size(), 1U);
  EXPECT_EQ(reader->groups_of_seed(nth<SeedId>(4)).value().size(), 1U);
  EXPECT_EQ(reader->groups_of_member(nth<MemberId>(3)).value().size(), 1U);
}

TEST_P(StoreContract, SeedsAreCountedAsTheyComeAndGo) {
  insert(samples::org(1), samples::org(2));
  EXPECT_EQ(snapshot()->seed_count(nth<OrgId>(1)).value(), 0U);
  insert(samples::seed(1, 1), samples::seed(1, 2), samples::seed(2, 3));
  EXPECT_EQ(snapshot()->seed_count(nth<OrgId>(1)).value(), 2U);
  EXPECT_CODE(write([](Writer& writer) -> Status {
                KAITO_CHECK(writer.insert(samples::seed(1, 4)));
                return fail(Code::forbidden, "changed its mind");
              }),
              Code::forbidden);
  EXPECT_DONE(write([](Writer& writer) { return writer.remove_seed(nth<OrgId>(1), nth<SeedId>(1)); }));
  EXPECT_EQ(snapshot()->seed_count(nth<OrgId>(1)).value(), 1U);
  EXPECT_EQ(snapshot()->seed_count(nth<OrgId>(2)).value(), 1U);
}

TEST_P(StoreContract, RemovingAMemberEndsItsSessionsInvitationsAndMemberships) {
  Session session = samples::session(1);
  session.kind = SubjectKind::member;
  session.subject = nth<MemberId>(1).bytes();
  session.org = nth<OrgId>(1);
  Session same_id_of_staff = samples::session(2);
  same_id_of_staff.subject = session.subject;
  insert(samples::org(1), samples::member(1, 1), samples::group(1, 1), session, same_id_of_staff,
         OneTimeToken{.token_hash = filled<32>(3), .subject = session.subject, .org = session.org});
  EXPECT_DONE(write([](Writer& writer) { return writer.add_to_group(nth<GroupId>(1), nth<MemberId>(1)); }));
  EXPECT_DONE(write([](Writer& writer) { return writer.remove_member(nth<OrgId>(1), nth<MemberId>(1)); }));
  const auto reader = snapshot();
  EXPECT_FALSE(reader->session(session.token_hash).value());
  EXPECT_TRUE(reader->session(same_id_of_staff.token_hash).value());
  EXPECT_FALSE(reader->one_time_token(filled<32>(3)).value());
  EXPECT_TRUE(reader->members_of_group(nth<GroupId>(1)).value().empty());
}

TEST_P(StoreContract, AKeyOfARemovedGroupDoesNotTurnIntoAKeyForAllSeeds) {
  ApiKey key = samples::api_key(1, 1);
  key.groups = {nth<GroupId>(1), nth<GroupId>(2)};
  insert(samples::org(1), samples::group(1, 1), samples::group(1, 2), key);
  EXPECT_DONE(write([](Writer& writer) -> Status {
    KAITO_CHECK(writer.remove_group(nth<OrgId>(1), nth<GroupId>(1)));
    return writer.remove_group(nth<OrgId>(1), nth<GroupId>(2));
  }));
  EXPECT_FALSE(snapshot()->api_key_by_hash(key.token_hash).value()->groups.empty());
}

TEST_P(StoreContract, AnApiKeyComesBackAsItWas) {
  ApiKey key = samples::api_key(1, 1);
  key.groups = {nth<GroupId>(3), nth<GroupId>(1)};
  insert(samples::org(1), key);
  EXPECT_DONE(write([](Writer& writer) { return writer.touch_api_key(nth<ApiKeyId>(1), kNow + Seconds(5)); }));
  const auto found = snapshot()->api_key(key.org, key.id).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->groups, key.groups);
  EXPECT_EQ(found->scopes, key.scopes);
  EXPECT_EQ(found->expires_at, key.expires_at);
  EXPECT_EQ(found->last_used, kNow + Seconds(5));
  EXPECT_EQ(found->allowed_networks, key.allowed_networks);
}

TEST_P(StoreContract, SessionsEndOneByOneBySubjectAndByAge) {
  for (std::uint32_t n = 1; n <= 4; ++n) {
    Session session = samples::session(n);
    session.created_at = kNow + Seconds(n);
    session.last_seen = session.created_at;
    if (n == 4) session.subject = nth<StaffId>(2).bytes();
    insert(session);
  }
  EXPECT_DONE(write([](Writer& writer) { return writer.touch_session(nth<SessionId>(1), kNow + Seconds(9)); }));
  EXPECT_EQ(snapshot()->session(filled<32>(1)).value()->last_seen, kNow + Seconds(9));
  EXPECT_DONE(write([](Writer& writer) { return writer.remove_session(nth<SessionId>(3)); }));
  // Session 1 was created too long ago, session 2 was not seen for too long.
  EXPECT_DONE(
      write([](Writer& writer) { return writer.remove_sessions_before(kNow + Seconds(2), kNow + Seconds(3)); }));
  EXPECT_FALSE(snapshot()->session(filled<32>(1)).value());
  EXPECT_FALSE(snapshot()->session(filled<32>(2)).value());
  EXPECT_FALSE(snapshot()->session(filled<32>(3)).value());
  EXPECT_TRUE(snapshot()->session(filled<32>(4)).value());
  EXPECT_DONE(
      write([](Writer& writer) { return writer.remove_sessions_of(SubjectKind::staff, nth<StaffId>(2).bytes()); }));
  EXPECT_FALSE(snapshot()->session(filled<32>(4)).value());
}

TEST_P(StoreContract, StaffKeepTheirCredentials) {
  const Staff staff{.id = nth<StaffId>(1), .name = "ada", .role = StaffRole::security_officer, .created_at = kNow};
  StaffCredential credential{.credential_id = Bytes(64, 7),
                             .staff = staff.id,
                             .label = "blue key",
                             .cose_key = Bytes(77, 8),
                             .sign_count = 1,
                             .backup_eligible = true,
                             .aaguid = filled<16>(4),
                             .created_at = kNow};
  insert(staff, credential);
  EXPECT_REFUSED(write([&](Writer& writer) { return writer.insert(credential); }), Code::conflict, "credential_id");
  EXPECT_DONE(write([&](Writer& writer) { return writer.update_sign_count(credential.credential_id, 9); }));
  const auto found = snapshot()->credential(credential.credential_id).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->sign_count, 9U);
  EXPECT_EQ(found->cose_key, credential.cose_key);
  EXPECT_TRUE(found->backup_eligible);
  EXPECT_EQ(snapshot()->credentials_of(staff.id).value().size(), 1U);
  EXPECT_EQ(snapshot()->staff_by_name("ada").value()->role, StaffRole::security_officer);
  EXPECT_EQ(snapshot()->all_staff().value().size(), 1U);
  // Another's credential is not removed in one's name.
  EXPECT_CODE(write([&](Writer& w) { return w.remove_credential(nth<StaffId>(2), credential.credential_id); }),
              Code::not_found);
  EXPECT_DONE(write([&](Writer& w) { return w.remove_credential(staff.id, credential.credential_id); }));
}

TEST_P(StoreContract, AOneTimeTokenIsTakenOnce) {
  insert(OneTimeToken{.token_hash = filled<32>(1), .purpose = OneTimePurpose::first_staff_setup, .expires_at = kNow});
  EXPECT_EQ(snapshot()->one_time_token(filled<32>(1)).value()->purpose, OneTimePurpose::first_staff_setup);
  EXPECT_DONE(write([](Writer& writer) { return writer.remove_one_time_token(filled<32>(1)); }));
  EXPECT_CODE(write([](Writer& writer) { return writer.remove_one_time_token(filled<32>(1)); }), Code::not_found);
  insert(OneTimeToken{.token_hash = filled<32>(2), .subject = nth<StaffId>(1).bytes()});
  EXPECT_DONE(write([](Writer& writer) { return writer.remove_one_time_tokens_of(nth<StaffId>(1).bytes()); }));
  EXPECT_FALSE(snapshot()->one_time_token(filled<32>(2)).value());
}

}  // namespace
}  // namespace kaito::store
