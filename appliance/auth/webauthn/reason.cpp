#include "appliance/auth/webauthn/reason.hpp"

#include <array>

namespace kaito::webauthn {
namespace {

constexpr std::array<std::string_view, 21> kWords{
    "clientdata", "type",   "challenge", "origin", "crossOrigin", "cbor",       "authdata",
    "rpId",       "up",     "uv",        "be_bs",  "alg",         "fmt",        "attstmt",
    "cert",       "aaguid", "signature", "trust",  "credential",  "userHandle", "counter"};
static_assert(kWords.size() == static_cast<std::size_t>(Reason::counter) + 1);

constexpr std::string_view kMark = "webauthn ";

}  // namespace

std::string_view to_string(Reason reason) noexcept { return kWords[static_cast<std::size_t>(reason)]; }

std::unexpected<Error> refuse(Reason reason, std::string_view text) {
  return fail(Code::unauthenticated, fmt::format("{}{}: {}", kMark, to_string(reason), text));
}

std::optional<Reason> reason_of(const Error& error) noexcept {
  const std::string_view detail = error.detail;
  const auto mark = detail.find(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view rest = detail.substr(mark + kMark.size());
  const std::string_view word = rest.substr(0, rest.find(':'));
  for (std::size_t i = 0; i < kWords.size(); ++i)
    if (kWords[i] == word) return static_cast<Reason>(i);
  return std::nullopt;
}

}  // namespace kaito::webauthn
