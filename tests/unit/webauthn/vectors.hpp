// The shared file of WebAuthn ceremonies: how a case reads.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "appliance/auth/webauthn/ceremony.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn {

struct VectorCase {
  std::string id;
  bool is_registration = false;
  RelyingParty rp;
  Bytes challenge;
  Policy policy;
  RegistrationResponse registration;
  AssertionResponse assertion;
  StoredCredential credential;
  std::string expected;  // accept, reject or either
  std::string reason;    // why the profile rejects; empty when the file does not say
  // Set when a field is not even base64url: such a case is judged "reject" before any check.
  std::optional<std::string> undecodable;
};

// $KAITO_WEBAUTHN_VECTORS, or the file beside the project.
std::string vector_file();

// All cases, or what is wrong with the file.
Result<std::vector<VectorCase>> read_vectors(const std::string& path);

}  // namespace kaito::webauthn
