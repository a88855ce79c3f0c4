// How stored objects look in replies. No view has a member for a secret.
#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "appliance/api/json/schema.hpp"
#include "appliance/store/records.hpp"
#include "appliance/vault/seed_parameters.hpp"

namespace kaito::api {

using PageLimit = Number<std::uint32_t, 1, 1000>;
using Cursor = Text<1, 1024>;

store::PageRequest page_request(const std::optional<PageLimit>& limit, const std::optional<Cursor>& cursor);

// The query of plain listings.
struct PageQuery {
  static constexpr bool kFromQuery = true;
  std::optional<PageLimit> limit;  // default 100
  std::optional<Cursor> cursor;
};
BOOST_DESCRIBE_STRUCT(PageQuery, (), (limit, cursor))

struct OrgView {
  OrgId id;
  std::string name;
  TimePoint created_at;
  std::uint32_t kek_version = 0;
  std::optional<std::uint32_t> dek_lease_seconds;  // absent: the appliance's
  static OrgView of(const store::Org& org);
};
BOOST_DESCRIBE_STRUCT(OrgView, (), (id, name, created_at, kek_version, dek_lease_seconds))

struct MemberView {
  MemberId id;
  std::string username;
  std::string display_name;
  store::MemberRole role = store::MemberRole::viewer;
  store::MemberState state = store::MemberState::invited;
  TimePoint created_at;
  static MemberView of(const store::Member& member);
};
BOOST_DESCRIBE_STRUCT(MemberView, (), (id, username, display_name, role, state, created_at))

struct GroupView {
  GroupId id;
  std::string name;
  TimePoint created_at;
  static GroupView of(const store::Group& group);
};
BOOST_DESCRIBE_STRUCT(GroupView, (), (id, name, created_at))

struct SeedView {
  SeedId id;
  std::string issuer;
  std::string account;
  otp::Type type = otp::Type::totp;
  otp::Algorithm algorithm = otp::Algorithm::sha1;
  std::uint8_t digits = 0;
  std::optional<std::uint16_t> period;   // seconds; time-based only
  std::optional<std::uint64_t> counter;  // HOTP only: the next one
  std::uint32_t revision = 0;
  TimePoint created_at;
  static Result<SeedView> of(const store::Seed& seed);
};
BOOST_DESCRIBE_STRUCT(SeedView, (),
                      (id, issuer, account, type, algorithm, digits, period, counter, revision, created_at))

struct StaffView {
  StaffId id;
  std::string name;
  store::StaffRole role = store::StaffRole::auditor;
  bool disabled = false;
  TimePoint created_at;
  static StaffView of(const store::Staff& staff);
};
BOOST_DESCRIBE_STRUCT(StaffView, (), (id, name, role, disabled, created_at))

struct ApiKeyView {
  ApiKeyId id;
  std::string name;
  std::string hint;  // the key's last characters
  std::vector<std::string_view> scopes;
  std::vector<GroupId> groups;  // empty: all of the org's seeds
  std::vector<std::string> allowed_networks;
  std::optional<TimePoint> expires_at;
  std::optional<TimePoint> last_used;
  TimePoint created_at;
  static Result<ApiKeyView> of(const store::ApiKey& key);
};
BOOST_DESCRIBE_STRUCT(ApiKeyView, (),
                      (id, name, hint, scopes, groups, allowed_networks, expires_at, last_used, created_at))

// A page of views with the cursor of the next.
template <class View>
struct Listing {
  std::vector<View> items;
  std::optional<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(Listing<OrgView>, (), (items, next_cursor))
BOOST_DESCRIBE_STRUCT(Listing<MemberView>, (), (items, next_cursor))
BOOST_DESCRIBE_STRUCT(Listing<GroupView>, (), (items, next_cursor))
BOOST_DESCRIBE_STRUCT(Listing<SeedView>, (), (items, next_cursor))
BOOST_DESCRIBE_STRUCT(Listing<ApiKeyView>, (), (items, next_cursor))
BOOST_DESCRIBE_STRUCT(Listing<StaffView>, (), (items, next_cursor))

}  // namespace kaito::api
