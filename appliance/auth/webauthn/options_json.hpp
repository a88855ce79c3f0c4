// The options that start a ceremony, in the JSON form that browsers take (L3 §5.1.9
// PublicKeyCredential.parse…FromJSON).
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "appliance/auth/webauthn/relying_party.hpp"
#include "appliance/base/result.hpp"
#include "appliance/base/time.hpp"

namespace kaito::webauthn {

inline constexpr std::size_t kChallengeBytes = 32;
inline constexpr Milliseconds kCeremonyTimeout{120'000};

struct CredentialDescriptor {
  Bytes id;
  std::vector<std::string> transports{};
};

struct UserEntity {
  Bytes id;  // user handle: 1 to 64 bytes that say nothing about the person (L3 §14.6.1)
  std::string name;
  std::string display_name;
};

struct CreationOptions {
  RelyingParty rp;  // origins are not sent
  std::string rp_name;
  UserEntity user;
  Bytes challenge;
  std::vector<int> algorithms = kSupportedAlgorithms;  // best first
  std::vector<CredentialDescriptor> exclude{};         // the user's credentials so far
  UserVerification uv = UserVerification::required;
  // True asks for an attestation ("direct"); needed with Attestation::trusted.
  bool attestation_wanted = false;
  // True asks for a discoverable credential (login without a user name).
  bool resident_key = false;
  Milliseconds timeout = kCeremonyTimeout;
};

struct RequestOptions {
  std::string rp_id;
  Bytes challenge;
  std::vector<CredentialDescriptor> allow{};  // empty: any discoverable credential
  UserVerification uv = UserVerification::required;
  Milliseconds timeout = kCeremonyTimeout;
};

// PublicKeyCredentialCreationOptionsJSON and PublicKeyCredentialRequestOptionsJSON.
boost::json::object creation_options_json(const CreationOptions& options);
boost::json::object request_options_json(const RequestOptions& options);

// The same forms read by a client (the command line). Members that this client does not act on are ignored, as L3 asks
// of clients; sizes and types of those it uses are checked. Errors: Code::invalid_request that names the member.
// `origins` of the result's rp stay empty.
Result<CreationOptions> parse_creation_options(const boost::json::value& json);
Result<RequestOptions> parse_request_options(const boost::json::value& json);

}  // namespace kaito::webauthn
