#include <gtest/gtest.h>

#include <type_traits>

#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/permit_for_test.hpp"

namespace kaito::auth {
namespace {

static_assert(!std::is_default_constructible_v<Permit>);
static_assert(!std::is_copy_constructible_v<Permit>);
static_assert(
    !std::is_constructible_v<Permit, Principal, std::optional<OrgId>, std::string_view, RequestId, std::string>);

TEST(Permit, FillsTheEventOfItsRequest) {
  test::ManualClock clock;
  SystemRandom random;
  const auto org = OrgId::make(clock, random);
  const auto member = MemberId::make(clock, random);
  const Permit permit = PermitForTest::make(Principal(MemberPrincipal{.id = member, .org = org, .username = "ada"}),
                                            org, "seed.code.read");
  const audit::Event event = permit.event();
  EXPECT_EQ(event.action, "seed.code.read");
  EXPECT_EQ(event.actor.kind, audit::ActorKind::member);
  EXPECT_EQ(event.actor.id, member.bytes());
  EXPECT_EQ(event.actor.name, "ada");
  EXPECT_EQ(event.org, org);
  EXPECT_EQ(event.peer, "192.0.2.7");
  EXPECT_EQ(event.request, permit.request());
  EXPECT_EQ(event.outcome, Outcome::success);
}

TEST(Principal, S17StaffAndAnonymousCallersSeeNoSeeds) {
  const VisibleGroups none = std::vector<GroupId>{};
  EXPECT_EQ(Principal().visible_groups(), none);
  EXPECT_EQ(Principal(StaffPrincipal{.role = store::StaffRole::security_officer}).visible_groups(), none);
  EXPECT_EQ(Principal(MemberPrincipal{}).visible_groups(), none);
  EXPECT_EQ(Principal(ApiKeyPrincipal{}).visible_groups(), none);
}

TEST(Principal, AnonymousHasNoOrgSessionOrId) {
  const Principal nobody;
  EXPECT_TRUE(nobody.is_anonymous());
  EXPECT_EQ(nobody.kind(), audit::ActorKind::anonymous);
  EXPECT_FALSE(nobody.org());
  EXPECT_EQ(nobody.session(), nullptr);
  EXPECT_EQ(nobody.id(), UuidBytes{});
}

}  // namespace
}  // namespace kaito::auth
