// Staff: enrolment and login with FIDO2 keys, and the registry that security officers keep.
#pragma once

#include "appliance/api/handlers/session.hpp"

namespace kaito::api {

struct CeremonyReply {
  std::string ceremony;  // sent back with the authenticator's response, within 5 minutes
  RawJson options;       // WebAuthn L3 PublicKeyCredential…OptionsJSON
};
BOOST_DESCRIBE_STRUCT(CeremonyReply, (), (ceremony, options))

using CeremonyId = Text<1, 64>;

struct BeginStaffEnrolment {
  struct Input {
    static constexpr bool kFromQuery = false;
    Token token;                       // set-up or enrolment token
    std::optional<Text<1, 128>> name;  // of the first security officer; with the set-up token only
  };
  using Output = CeremonyReply;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(BeginStaffEnrolment::Input, (), (token, name))

struct FinishStaffEnrolment {
  struct Input {
    static constexpr bool kFromQuery = false;
    CeremonyId ceremony;
    Text<1, 64> label;            // of the key, for people
    boost::json::value response;  // RegistrationResponseJSON
  };
  using Output = StaffView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(FinishStaffEnrolment::Input, (), (ceremony, label, response))

struct BeginStaffLogin {
  using Input = Nothing;
  using Output = CeremonyReply;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct FinishStaffLogin {
  struct Input {
    static constexpr bool kFromQuery = false;
    CeremonyId ceremony;
    boost::json::value response;  // AuthenticationResponseJSON
  };
  using Output = SessionReply;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(FinishStaffLogin::Input, (), (ceremony, response))

struct EnrolmentView {
  StaffView staff;
  ShownOnce token;  // enrols one key within 24 hours
};
BOOST_DESCRIBE_STRUCT(EnrolmentView, (), (staff, token))

struct CreateStaff {
  struct Input {
    static constexpr bool kFromQuery = false;
    Text<1, 128> name;
    store::StaffRole role = store::StaffRole::auditor;
  };
  using Output = EnrolmentView;
  static Result<std::optional<quorum::ProtectedAction>> protected_action(Services& services, const Input& input,
                                                                         const PathParameters& path);
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(CreateStaff::Input, (), (name, role))

struct InviteStaff {
  using Input = Nothing;
  using Output = EnrolmentView;
  static Result<std::optional<quorum::ProtectedAction>> protected_action(Services& services, const Input& input,
                                                                         const PathParameters& path);
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct ListStaff {
  using Input = Nothing;
  using Output = Listing<StaffView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct CredentialView {
  std::string credential_id;  // base64url
  std::string label;
  TimePoint created_at;
};
BOOST_DESCRIBE_STRUCT(CredentialView, (), (credential_id, label, created_at))

struct GetStaff {
  using Input = Nothing;
  struct Output {
    StaffView staff;
    std::vector<CredentialView> keys;
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(GetStaff::Output, (), (staff, keys))

struct ChangeStaff {
  struct Input {
    static constexpr bool kFromQuery = false;
    bool disabled = false;
  };
  using Output = StaffView;
  static Result<std::optional<quorum::ProtectedAction>> protected_action(Services& services, const Input& input,
                                                                         const PathParameters& path);
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ChangeStaff::Input, (), (disabled))

struct RevokeStaffSessions {
  using Input = Nothing;
  using Output = Nothing;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct RemoveStaffKey {
  using Input = Nothing;
  using Output = Nothing;
  static Result<std::optional<quorum::ProtectedAction>> protected_action(Services& services, const Input& input,
                                                                         const PathParameters& path);
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

}  // namespace kaito::api
