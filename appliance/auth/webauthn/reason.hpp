// Why a ceremony was refused: one stable word for each group of checks, for logs, audit and tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "appliance/base/result.hpp"

namespace kaito::webauthn {

enum class Reason : std::uint8_t {
  client_data,   // "clientdata": clientDataJSON is not the JSON it must be
  type,          // "type": not webauthn.create or webauthn.get
  challenge,     // "challenge": not the one that was issued
  origin,        // "origin": not one of the relying party's
  cross_origin,  // "crossOrigin": made in a foreign frame
  cbor,          // "cbor": attestation object, COSE key or extensions are not CTAP2 canonical CBOR, or lack a member
  auth_data,     // "authdata": authenticator data is too short, too long, or its flags do not fit its content
  rp_id,         // "rpId": made for another relying party
  up,            // "up": user was not present
  uv,            // "uv": user was not verified, though policy requires it
  be_bs,         // "be_bs": backup flags contradict each other, the stored credential or policy
  alg,           // "alg": algorithm not offered, or the key does not fit it
  fmt,           // "fmt": attestation statement format is not supported
  att_stmt,      // "attstmt": attestation statement does not follow its format
  cert,          // "cert": attestation certificate breaks §8.2.1
  aaguid,        // "aaguid": not allowed, or not the certificate's
  signature,     // "signature": attestation or assertion signature is not valid
  trust,         // "trust": attestation does not lead to a trusted root
  credential,    // "credential": the response names another credential than the stored one
  user_handle,   // "userHandle": the response names another user
  counter,       // "counter": signature counter did not grow; the authenticator may be cloned
};

std::string_view to_string(Reason reason) noexcept;

// An error of Code::unauthenticated whose detail is "webauthn <word>: <text>".
std::unexpected<Error> refuse(Reason reason, std::string_view text);

// The reason that `refuse` put into the error, also after `within`; none for errors from elsewhere.
std::optional<Reason> reason_of(const Error& error) noexcept;

}  // namespace kaito::webauthn
