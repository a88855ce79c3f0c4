#include "appliance/cli/fido/fido_error.hpp"

#include <fido.h>
#include <fmt/format.h>

#include <array>

namespace kaito::fido_client {
namespace {

struct Row {
  int status;
  Code code;
  std::string_view advice;
};

constexpr std::array kTable{
    Row{FIDO_ERR_CREDENTIAL_EXCLUDED, Code::conflict, "this key is already enrolled; use another, or log in with it"},
    Row{FIDO_ERR_NO_CREDENTIALS, Code::not_found,
        "this key is not enrolled at this appliance; use the one that is, or enrol it first"},
    Row{FIDO_ERR_INVALID_CREDENTIAL, Code::not_found, "this key is not enrolled at this appliance"},
    Row{FIDO_ERR_PIN_INVALID, Code::unauthenticated, "wrong PIN"},
    Row{FIDO_ERR_PIN_AUTH_INVALID, Code::unauthenticated, "the key refused the PIN"},
    Row{FIDO_ERR_PIN_AUTH_BLOCKED, Code::unauthenticated,
        "too many wrong PINs in a row: unplug the key, plug it in again, then take care with the next try"},
    Row{FIDO_ERR_PIN_BLOCKED, Code::unauthenticated,
        "the key's PIN is locked for good: the key must be reset, which erases its credentials, and enrolled anew"},
    Row{FIDO_ERR_UV_BLOCKED, Code::unauthenticated, "the key's fingerprint reader is locked: use the PIN"},
    Row{FIDO_ERR_UV_INVALID, Code::unauthenticated, "the fingerprint was not recognised"},
    Row{FIDO_ERR_OPERATION_DENIED, Code::unauthenticated, "it was declined at the key"},
    Row{FIDO_ERR_PIN_NOT_SET, Code::configuration, "the key has no PIN yet: set one with fido2-token -S"},
    Row{FIDO_ERR_PIN_REQUIRED, Code::configuration, "the key wants its PIN for this"},
    Row{FIDO_ERR_PIN_POLICY_VIOLATION, Code::configuration, "the key's PIN must be changed first: fido2-token -C"},
    Row{FIDO_ERR_KEY_STORE_FULL, Code::configuration, "the key has no room for another credential"},
    Row{FIDO_ERR_UNSUPPORTED_ALGORITHM, Code::configuration, "the key knows none of the algorithms asked for"},
    Row{FIDO_ERR_UNSUPPORTED_OPTION, Code::configuration, "the key cannot do what the appliance requires"},
    Row{FIDO_ERR_INVALID_OPTION, Code::configuration, "the key cannot do what the appliance requires"},
    Row{FIDO_ERR_USER_ACTION_TIMEOUT, Code::deadline_exceeded, "the key was not touched in time: try again"},
    Row{FIDO_ERR_ACTION_TIMEOUT, Code::deadline_exceeded, "the key was not touched in time: try again"},
    Row{FIDO_ERR_TIMEOUT, Code::deadline_exceeded, "the key did not answer in time: try again"},
    Row{FIDO_ERR_KEEPALIVE_CANCEL, Code::deadline_exceeded, "it was cancelled"},
    Row{FIDO_ERR_TX, Code::connection_failed, "the key does not answer: is it still plugged in?"},
    Row{FIDO_ERR_RX, Code::connection_failed, "the key does not answer: is it still plugged in?"},
    Row{FIDO_ERR_CHANNEL_BUSY, Code::connection_failed, "another program is using the key"},
};

}  // namespace

Error fido_error(int status, std::string_view doing) {
  for (const Row& row : kTable)
    if (row.status == status) return Error{.code = row.code, .detail = fmt::format("{}: {}", doing, row.advice)};
  return Error{.code = Code::connection_failed, .detail = fmt::format("{}: {}", doing, fido_strerr(status))};
}

}  // namespace kaito::fido_client
