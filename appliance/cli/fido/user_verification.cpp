#include "appliance/cli/fido/user_verification.hpp"

#include "appliance/cli/fido/fido_error.hpp"

namespace kaito::fido_client {
namespace {

constexpr std::size_t kMinPinBytes = 4;  // CTAP 2.1 §6.5.1
constexpr std::size_t kMaxPinBytes = 63;

std::optional<int> tries_left(fido_dev_t* device) {
  int retries = 0;
  if (fido_dev_get_retry_count(device, &retries) != FIDO_OK) return std::nullopt;
  return retries;
}

Result<Pin> ask_pin(fido_dev_t* device, const Prompts& prompts) {
  const auto retries = tries_left(device);
  if (retries == 0) return fail(fido_error(FIDO_ERR_PIN_BLOCKED, "checking the PIN"));
  KAITO_TRY(Pin pin, prompts.pin(retries));
  const ByteView bytes = pin.expose_secret();
  const bool fits = bytes.size() >= kMinPinBytes && bytes.size() <= kMaxPinBytes;
  if (!fits || std::ranges::find(bytes, 0) != bytes.end())
    return fail(Code::unauthenticated, "a key's PIN has 4 to 63 characters; nothing was sent to the key");
  return pin;
}

// With the PIN as the C string that libfido2 takes, in locked memory.
Result<int> run_with_pin(fido_dev_t* device, const Prompts& prompts, const Ceremony& ceremony) {
  KAITO_TRY(const Pin pin, ask_pin(device, prompts));
  Pin terminated(pin.size() + 1);
  std::ranges::copy(pin.expose_secret(), terminated.expose_secret().begin());
  prompts.touch();
  return ceremony(FIDO_OPT_OMIT, as_text(terminated.expose_secret()).data());
}

int run_without_pin(fido_opt_t uv, const Prompts& prompts, const Ceremony& ceremony) {
  prompts.touch();
  return ceremony(uv, nullptr);
}

Result<int> run(fido_dev_t* device, bool required, const Prompts& prompts, std::string_view doing,
                const Ceremony& ceremony) {
  if (!fido_dev_is_fido2(device)) {
    if (!required) return run_without_pin(FIDO_OPT_OMIT, prompts, ceremony);
    return fail(Code::configuration,
                "this key is U2F only: it cannot check who touches it, which the appliance requires; use a FIDO2 key");
  }
  if (fido_dev_has_uv(device)) {
    const int status = run_without_pin(FIDO_OPT_TRUE, prompts, ceremony);
    if (status != FIDO_ERR_UV_BLOCKED || !fido_dev_has_pin(device)) return status;
  }
  if (fido_dev_has_pin(device)) return run_with_pin(device, prompts, ceremony);
  if (!required) return run_without_pin(FIDO_OPT_OMIT, prompts, ceremony);
  return fail(fido_error(FIDO_ERR_PIN_NOT_SET, doing));
}

}  // namespace

Status run_ceremony(fido_dev_t* device, webauthn::UserVerification uv, const Prompts& prompts, std::string_view doing,
                    const Ceremony& ceremony) {
  KAITO_TRY(const int status, run(device, uv == webauthn::UserVerification::required, prompts, doing, ceremony));
  if (status == FIDO_OK) return {};
  Error error = fido_error(status, doing);
  if (status == FIDO_ERR_PIN_INVALID)
    if (const auto left = tries_left(device))
      error.detail += fmt::format("; {} {} left before the key locks itself", *left, *left == 1 ? "try" : "tries");
  return fail(std::move(error));
}

}  // namespace kaito::fido_client
