// Keys that owners bring: the wrapping keys, their certificate, and the import itself.
#pragma once

#include "appliance/api/handlers/keys.hpp"

namespace kaito::api {

template <>
struct EnumNames<keys::ImportMechanism> {
  using enum keys::ImportMechanism;
  static constexpr std::array<std::pair<keys::ImportMechanism, std::string_view>, 2> table{
      {{rsa_oaep, "rsa_oaep"}, {rsa_aes_key_wrap, "rsa_aes_key_wrap"}}};
};

struct CreateWrappingKey {
  using Input = Nothing;
  using Output = HsmKeyView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct DestroyWrappingKey {
  using Input = Nothing;
  using Output = HsmKeyView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct GetWrappingCertificate {
  struct Input {
    static constexpr bool kFromQuery = true;
    std::optional<Number<std::uint32_t, 1, std::numeric_limits<std::uint32_t>::max()>> version;  // default: the newest
  };
  struct Output {
    std::uint32_t version = 0;
    std::string certificate;  // PEM: the wrapping key's certificate, then its issuer's
    std::uint32_t bits = 0;
    std::string oaep_hash;                // SHA-1 or SHA-256, also of MGF1
    std::vector<std::string> mechanisms;  // by which a key may be wrapped
    std::string verifier_key;             // of the audit log; it has signed the certificate
    TimePoint made_at;
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(GetWrappingCertificate::Input, (), (version))
BOOST_DESCRIBE_STRUCT(GetWrappingCertificate::Output, (),
                      (version, certificate, bits, oaep_hash, mechanisms, verifier_key, made_at))

struct ImportOrgKey {
  struct Input {
    static constexpr bool kFromQuery = false;
    Number<std::uint32_t, 1, std::numeric_limits<std::uint32_t>::max()> wrapping_version;
    keys::ImportMechanism mechanism = keys::ImportMechanism::rsa_oaep;
    Text<4, 1400> wrapped_key;  // base64 of at most 1024 bytes
    Text<6, 6> check_value;     // hexadecimal: what AES makes of a block of zeros, its first three bytes
    std::optional<bool> destroy_old;
  };
  using Output = RotationView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ImportOrgKey::Input, (), (wrapping_version, mechanism, wrapped_key, check_value, destroy_old))

}  // namespace kaito::api
