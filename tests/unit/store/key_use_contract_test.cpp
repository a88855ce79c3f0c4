#include "tests/unit/store/store_contract.hpp"

namespace kaito::store {
namespace {

using samples::kNow;
using samples::nth;

KeyUsePeriod period_at(TimePoint began, std::uint64_t audit_from) {
  return {.began_at = began, .audit_from = audit_from, .audit_until = audit_from, .written_at = began};
}

TEST_P(StoreContract, UsesOfKeysAddUpWithinAPeriodAndOverSeveral) {
  const auto first = period_at(kNow, 3);
  auto second = period_at(kNow + Seconds(3600), 9);
  const std::vector<KeyUseCount> some{{.org = nth<OrgId>(1), .use = KeyUse::code_by_hsm, .count = 5},
                                      {.org = nth<OrgId>(1), .use = KeyUse::refused, .count = 1},
                                      {.org = nth<OrgId>(2), .use = KeyUse::code_by_hsm, .count = 7}};
  second.audit_until = 12;
  second.complete = true;
  EXPECT_DONE(write([&](Writer& writer) -> Status {
    for (const auto& period : {first, second}) {
      KAITO_CHECK(writer.begin_key_use_period(period_at(period.began_at, period.audit_from)));
      KAITO_CHECK(writer.add_key_uses(period, some));
      KAITO_CHECK(writer.add_key_uses(period, some));
    }
    return {};
  }));
  const auto of_both = snapshot()->key_uses(nth<OrgId>(1), kNow).value();
  ASSERT_EQ(of_both.size(), 2U);
  EXPECT_EQ(of_both[0], (KeyUseCount{.org = nth<OrgId>(1), .use = KeyUse::code_by_hsm, .count = 20}));
  EXPECT_EQ(of_both[1].count, 4U);
  EXPECT_EQ(snapshot()->key_uses(nth<OrgId>(1), kNow + Seconds(1)).value()[0].count, 10U);
  EXPECT_EQ(snapshot()->key_use_periods(kNow).value(), (std::vector{first, second}));
}

TEST_P(StoreContract, APeriodThatWasUnderWayIsAmongThoseAfterIt) {
  EXPECT_DONE(write([](Writer& writer) -> Status {
    for (int hour = 0; hour < 3; ++hour)
      KAITO_CHECK(writer.begin_key_use_period(period_at(kNow + Seconds(3600 * hour), 1)));
    return {};
  }));
  EXPECT_EQ(snapshot()->key_use_periods(kNow + Seconds(3601)).value().size(), 2U);
  EXPECT_EQ(snapshot()->key_use_periods(kNow - Seconds(1)).value().size(), 3U);
  EXPECT_EQ(snapshot()->key_use_periods(kNow + Seconds(90'000)).value().size(), 1U);
  EXPECT_DONE(write([](Writer& writer) { return writer.remove_key_uses_before(kNow + Seconds(3600)); }));
  EXPECT_EQ(snapshot()->key_use_periods(kNow - Seconds(1)).value().size(), 2U);
}

}  // namespace
}  // namespace kaito::store
