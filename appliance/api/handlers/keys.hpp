// Keys: their versions, rotations, certificates, and the shredding of deleted orgs. For security officers the
// appliance's, for owners their org's.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

template <>
struct EnumNames<keys::HsmConnectionState> {
  using enum keys::HsmConnectionState;
  static constexpr std::array<std::pair<keys::HsmConnectionState, std::string_view>, 6> table{
      {{idle, "idle"},
       {starting, "starting"},
       {ready, "ready"},
       {unavailable, "unavailable"},
       {refused, "refused"},
       {removed, "removed"}}};
};

struct RotationView {
  RotationId id;
  store::KeyKind kind = store::KeyKind::platform;
  std::optional<OrgId> org;
  std::uint32_t from_version = 0;
  std::uint32_t to_version = 0;
  store::RotationState state = store::RotationState::running;
  store::RotationPhase phase = store::RotationPhase::prepare;
  bool destroy_old = false;
  std::optional<std::string> to_hsm;  // org keys: the customer's HSM that the new version is in
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::uint64_t refused = 0;
  std::optional<std::uint64_t> per_second;
  std::optional<std::uint64_t> eta_seconds;
  TimePoint started_at;
  TimePoint updated_at;
  std::optional<TimePoint> ended_at;
  std::optional<std::string> error;  // why it failed, or what it waits for
  static RotationView of(const keys::RotationProgress& progress);
};
BOOST_DESCRIBE_STRUCT(RotationView, (),
                      (id, kind, org, from_version, to_version, state, phase, destroy_old, to_hsm, done, total, refused,
                       per_second, eta_seconds, started_at, updated_at, ended_at, error))
BOOST_DESCRIBE_STRUCT(Listing<RotationView>, (), (items, next_cursor))
Done<RotationView> done_rotation(auth::Recorded<keys::RotationProgress> recorded);

struct HsmKeyView {
  store::KeyKind kind = store::KeyKind::platform;
  std::uint32_t version = 0;
  std::string_view state;  // newest, retired or destroyed
  TimePoint created_at;
  std::optional<TimePoint> destroyed_at;
  std::optional<std::uint64_t> wraps;  // platform keys: org keys that it wraps now
};
BOOST_DESCRIBE_STRUCT(HsmKeyView, (), (kind, version, state, created_at, destroyed_at, wraps))
BOOST_DESCRIBE_STRUCT(Listing<HsmKeyView>, (), (items, next_cursor))

struct ListKeys {
  using Input = Nothing;
  using Output = Listing<HsmKeyView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct StartRotation {
  struct Input {
    static constexpr bool kFromQuery = false;
    store::KeyKind kind = store::KeyKind::platform;
    std::optional<bool> destroy_old;  // the old versions, as the last step; default: as the appliance is configured
  };
  using Output = RotationView;
  static Result<std::optional<quorum::ProtectedAction>> protected_action(Services& services, const Input& input,
                                                                         const PathParameters& path);
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(StartRotation::Input, (), (kind, destroy_old))

// The rest of these serves both: with an org in the path only that org's rotations exist.
struct ListRotations {
  using Input = PageQuery;
  using Output = Listing<RotationView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct GetRotation {
  using Input = Nothing;
  using Output = RotationView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct ChangeRotation {
  struct Input {
    static constexpr bool kFromQuery = false;
    bool paused = false;  // false: goes on, also after a failure
  };
  using Output = RotationView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ChangeRotation::Input, (), (paused))

struct DestroyOldKeys {
  using Input = Nothing;
  using Output = RotationView;
  static Result<std::optional<quorum::ProtectedAction>> protected_action(Services& services, const Input& input,
                                                                         const PathParameters& path);
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct CertificateView {
  store::CertificateKind kind = store::CertificateKind::no_reference;
  TimePoint issued_at;
  std::string note;  // docs/formats/key-certificate.md; `kaito keys verify` checks it
};
BOOST_DESCRIBE_STRUCT(CertificateView, (), (kind, issued_at, note))
BOOST_DESCRIBE_STRUCT(Listing<CertificateView>, (), (items, next_cursor))

struct ListCertificates {
  using Input = Nothing;
  using Output = Listing<CertificateView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct OrgKeyVersionView {
  std::uint32_t version = 0;
  TimePoint created_at;
  std::uint64_t encryptions = 0;           // with the key, counted ahead
  std::uint32_t platform_version = 0;      // of the platform key that wraps it; 0: it is in the org's own HSM
  std::optional<std::string> check_value;  // of a key that the owner made and imported
  std::optional<std::string> hsm;          // the org's own HSM
  std::optional<std::string> hsm_key;      // the key there, RFC 7512
};
BOOST_DESCRIBE_STRUCT(OrgKeyVersionView, (),
                      (version, created_at, encryptions, platform_version, check_value, hsm, hsm_key))

// An org's own HSM.
struct OrgHsmView {
  std::string name;
  keys::HsmConnectionState state = keys::HsmConnectionState::idle;
};
BOOST_DESCRIBE_STRUCT(OrgHsmView, (), (name, state))

struct GetOrgKey {
  using Input = Nothing;
  struct Output {
    std::uint32_t newest_version = 0;
    std::vector<OrgKeyVersionView> versions;
    std::optional<OrgHsmView> hsm;         // that the newest version is in
    std::optional<RotationView> rotation;  // the one that is not done
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(GetOrgKey::Output, (), (newest_version, versions, hsm, rotation))

struct RotateOrgKey {
  struct Input {
    static constexpr bool kFromQuery = false;
    std::optional<bool> destroy_old;
  };
  using Output = RotationView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(RotateOrgKey::Input, (), (destroy_old))

struct DeletedOrgView {
  OrgId org;
  TimePoint deleted_at;
  std::optional<RotationId> rotation;  // that shreds it
  std::optional<TimePoint> shredded_at;
  std::optional<std::string> name;  // until it is shredded
  static DeletedOrgView of(const store::DeletedOrg& deleted);
};
BOOST_DESCRIBE_STRUCT(DeletedOrgView, (), (org, deleted_at, rotation, shredded_at, name))
BOOST_DESCRIBE_STRUCT(Listing<DeletedOrgView>, (), (items, next_cursor))

struct ListDeletedOrgs {
  using Input = PageQuery;
  using Output = Listing<DeletedOrgView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct ShredNow {
  using Input = Nothing;
  using Output = RotationView;
  static Result<std::optional<quorum::ProtectedAction>> protected_action(Services& services, const Input& input,
                                                                         const PathParameters& path);
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

}  // namespace kaito::api
