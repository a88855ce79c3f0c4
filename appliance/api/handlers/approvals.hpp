// Approvals by several security officers.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

template <>
struct EnumNames<quorum::ProtectedAction::Kind> {
  using enum quorum::ProtectedAction::Kind;
  static constexpr std::array<std::pair<quorum::ProtectedAction::Kind, std::string_view>, 8> table{
      {{delete_org, "org.delete"},
       {destroy_keys, "key.destroy"},
       {rotate_key, "key.rotation.start"},
       {shred, "key.shred"},
       {change_staff, "staff.update"},
       {remove_staff_key, "staff.key.remove"},
       {create_staff, "staff.create"},
       {invite_staff, "staff.invite"}}};
};

struct ApprovalSignerView {
  StaffId staff;
  std::string name;
  TimePoint signed_at;
};
BOOST_DESCRIBE_STRUCT(ApprovalSignerView, (), (staff, name, signed_at))

struct ApprovalView {
  ApprovalId id;
  std::string action;
  std::string_view state;  // open, expired, executed, cancelled, withdrawn
  StaffId proposer;
  std::string proposed_by;
  std::uint32_t needed = 0;  // signatures
  std::vector<ApprovalSignerView> signatures;
  TimePoint created_at;
  TimePoint expires_at;
  std::optional<TimePoint> ended_at;
  static ApprovalView of(const quorum::SignedApproval& signed_approval);
};
BOOST_DESCRIBE_STRUCT(ApprovalView, (),
                      (id, action, state, proposer, proposed_by, needed, signatures, created_at, expires_at, ended_at))
BOOST_DESCRIBE_STRUCT(Listing<ApprovalView>, (), (items, next_cursor))

// An assertion as it was given, for verification elsewhere (docs/formats/approval.md); bytes in base64url.
struct ApprovalEvidenceView {
  StaffId staff;
  std::string name;
  std::string credential_id;
  std::string public_key;  // COSE_Key
  std::string client_data_json;
  std::string authenticator_data;
  std::string signature;
  TimePoint signed_at;
  std::string evidence;  // as the audit log has it
};
BOOST_DESCRIBE_STRUCT(ApprovalEvidenceView, (),
                      (staff, name, credential_id, public_key, client_data_json, authenticator_data, signature,
                       signed_at, evidence))

struct ProposeApproval {
  // The action and what it takes: org of org.delete; rotation of key.destroy; kind of key.rotation.start; staff of the
  // other staff.… actions, with disabled or credential; name and role of staff.create.
  struct Input {
    static constexpr bool kFromQuery = false;
    quorum::ProtectedAction::Kind action = quorum::ProtectedAction::Kind::shred;
    std::optional<OrgId> org;
    std::optional<RotationId> rotation;
    std::optional<store::KeyKind> kind;
    std::optional<StaffId> staff;
    std::optional<bool> disabled;
    std::optional<Text<1, 1364>> credential;  // base64url
    std::optional<Text<1, 128>> name;
    std::optional<store::StaffRole> role;
  };
  struct Output {
    ApprovalView approval;
    std::string text;  // what is signed
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ProposeApproval::Input, (),
                      (action, org, rotation, kind, staff, disabled, credential, name, role))
BOOST_DESCRIBE_STRUCT(ProposeApproval::Output, (), (approval, text))

struct ListApprovals {
  using Input = PageQuery;
  using Output = Listing<ApprovalView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct GetApproval {
  using Input = Nothing;
  struct Output {
    ApprovalView approval;
    std::string text;    // what is signed
    std::string digest;  // hex of its SHA-256, the challenge
    std::string rp_id;   // WebAuthn relying party
    std::vector<ApprovalEvidenceView> evidence;
    std::optional<RawJson> options;  // PublicKeyCredentialRequestOptionsJSON for the caller's keys, while they may sign
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(GetApproval::Output, (), (approval, text, digest, rp_id, evidence, options))

struct SignApproval {
  struct Input {
    static constexpr bool kFromQuery = false;
    boost::json::value response;  // AuthenticationResponseJSON
  };
  using Output = ApprovalView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(SignApproval::Input, (), (response))

struct CancelApproval {
  using Input = Nothing;
  using Output = ApprovalView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

}  // namespace kaito::api
