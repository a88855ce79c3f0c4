// The text form of enumerations in the API. A specialisation lists every value; the schema and both directions of JSON
// read it.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "appliance/otp/parameters.hpp"
#include "appliance/store/key_records.hpp"
#include "appliance/store/records.hpp"

namespace kaito::api {

template <class Enum>
struct EnumNames;  // static constexpr std::array<std::pair<Enum, std::string_view>, N> table

template <class Enum>
concept NamedEnum = requires { EnumNames<Enum>::table; };

template <NamedEnum Enum>
constexpr std::string_view enum_name(Enum value) noexcept {
  for (const auto& [known, name] : EnumNames<Enum>::table)
    if (known == value) return name;
  return "";
}

template <>
struct EnumNames<store::MemberRole> {
  using enum store::MemberRole;
  static constexpr std::array<std::pair<store::MemberRole, std::string_view>, 4> table{
      {{viewer, "viewer"}, {member, "member"}, {admin, "admin"}, {owner, "owner"}}};
};

template <>
struct EnumNames<store::StaffRole> {
  using enum store::StaffRole;
  static constexpr std::array<std::pair<store::StaffRole, std::string_view>, 3> table{
      {{auditor, "auditor"}, {operator_, "operator"}, {security_officer, "security_officer"}}};
};

template <>
struct EnumNames<store::MemberState> {
  using enum store::MemberState;
  static constexpr std::array<std::pair<store::MemberState, std::string_view>, 3> table{
      {{invited, "invited"}, {active, "active"}, {disabled, "disabled"}}};
};

template <>
struct EnumNames<store::KeyKind> {
  using enum store::KeyKind;
  static constexpr std::array<std::pair<store::KeyKind, std::string_view>, 5> table{
      {{platform, "platform"}, {org, "org"}, {audit, "audit"}, {backup, "backup"}, {wrapping, "wrapping"}}};
};

template <>
struct EnumNames<store::RotationState> {
  using enum store::RotationState;
  static constexpr std::array<std::pair<store::RotationState, std::string_view>, 5> table{
      {{running, "running"}, {paused, "paused"}, {done, "done"}, {failed, "failed"}, {cancelled, "cancelled"}}};
};

template <>
struct EnumNames<store::RotationPhase> {
  using enum store::RotationPhase;
  static constexpr std::array<std::pair<store::RotationPhase, std::string_view>, 5> table{
      {{prepare, "prepare"}, {rewrap, "rewrap"}, {certify, "certify"}, {destroy, "destroy"}, {complete, "complete"}}};
};

template <>
struct EnumNames<store::CertificateKind> {
  using enum store::CertificateKind;
  static constexpr std::array<std::pair<store::CertificateKind, std::string_view>, 2> table{
      {{no_reference, "no_reference"}, {destroyed, "destroyed"}}};
};

template <>
struct EnumNames<otp::Type> {
  using enum otp::Type;
  static constexpr std::array<std::pair<otp::Type, std::string_view>, 3> table{
      {{totp, "totp"}, {hotp, "hotp"}, {steam, "steam"}}};
};

template <>
struct EnumNames<otp::Algorithm> {
  using enum otp::Algorithm;
  static constexpr std::array<std::pair<otp::Algorithm, std::string_view>, 3> table{
      {{sha1, "SHA1"}, {sha256, "SHA256"}, {sha512, "SHA512"}}};
};

}  // namespace kaito::api
