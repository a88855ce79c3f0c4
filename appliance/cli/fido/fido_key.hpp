// The client's side of both WebAuthn ceremonies (L3 §5.1.3, §5.1.4) for a program without a browser.
#pragma once

#include <functional>
#include <optional>

#include "appliance/auth/webauthn/ceremony.hpp"
#include "appliance/auth/webauthn/options_json.hpp"
#include "appliance/base/result.hpp"
#include "appliance/base/secret.hpp"
#include "appliance/cli/fido/fido_device.hpp"

namespace kaito::fido_client {

struct Prompts {
  // Asks for the key's PIN; `tries_left` when the key told. Called at most once for each ceremony, and not at all for
  // keys that verify their user themselves (fingerprint). An error ends the ceremony.
  std::function<Result<Pin>(std::optional<int> tries_left)> pin;
  // Called just before the key waits for its user's touch.
  std::function<void()> touch;
};

// Errors say what the user can do. Code::not_found: no key, or no credential on it for this appliance.
// Code::conflict: already enrolled. Code::unauthenticated: PIN wrong (with the tries left), locked or refused.
// Code::deadline_exceeded: not touched in time. Code::configuration: the key lacks a PIN or an ability that the options
// require. Code::connection_failed: the key went away.
class FidoKey {
 public:
  FidoKey(FidoDevice device, Prompts prompts) : device_(std::move(device)), prompts_(std::move(prompts)) {}

  // `origin`: the serialized origin of the appliance that sent the options, from the URL that was really used. The RP
  // ID must be its host or a parent domain of it: a key never signs for an appliance that it is not talking to.
  Result<webauthn::RegistrationResponse> make_credential(const webauthn::CreationOptions& options,
                                                         std::string_view origin);
  Result<webauthn::AssertionResponse> get_assertion(const webauthn::RequestOptions& options, std::string_view origin);

 private:
  FidoDevice device_;
  Prompts prompts_;
};

}  // namespace kaito::fido_client
