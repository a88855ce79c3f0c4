#include "provisioning/transcript/officer_keys.hpp"

#include <algorithm>
#include <charconv>

#include "appliance/auth/webauthn/signature.hpp"

namespace kaito::provisioning {
namespace {

// Of systemd-cryptenroll's credentials, which the officers' keys hold (luks/ways/fido2_key.hpp).
constexpr std::string_view kRelyingParty = "io.systemd.cryptsetup";
constexpr std::string_view kFact = "officer_key";
constexpr std::size_t kCoordinate = 32;

std::unexpected<Error> malformed() { return fail(Code::integrity, "the transcript's officers are not as written"); }

// "CREDENTIAL PUBLIC-KEY NAME": the name last, since it may hold blanks.
Result<OfficerKey> parse_key(std::string_view text) {
  const auto first = text.find(' ');
  const auto second = first == std::string_view::npos ? first : text.find(' ', first + 1);
  if (second == std::string_view::npos || second + 1 == text.size()) return malformed();
  OfficerKey key{.officer = std::string(text.substr(second + 1)), .credential = {}, .public_key = {}};
  KAITO_TRY(key.credential, from_base64url(text.substr(0, first)));
  KAITO_TRY(key.public_key, from_base64url(text.substr(first + 1, second - first - 1)));
  if (key.credential.empty() || key.public_key.size() != 2 * kCoordinate) return malformed();
  return key;
}

Result<unsigned> parse_threshold(std::string_view text) {
  unsigned threshold = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threshold);
  if (error != std::errc() || end != text.data() + text.size() || threshold < 2) return malformed();
  return threshold;
}

const Facts* officers_step(const std::vector<TranscriptLine>& lines) {
  const auto done = [](const TranscriptLine& line) {
    return line.event.event == "step-done" && line.event.step == "officers";
  };
  const auto last = std::ranges::find_if(lines.rbegin(), lines.rend(), done);
  return last == lines.rend() ? nullptr : &last->event.facts;
}

}  // namespace

const OfficerKey* OfficerKeys::find(ByteView credential) const noexcept {
  const auto found =
      std::ranges::find_if(keys, [&](const OfficerKey& key) { return std::ranges::equal(key.credential, credential); });
  return found == keys.end() ? nullptr : &*found;
}

void append_officer_keys(Facts& facts, const OfficerKeys& officers) {
  facts.emplace_back("officers_needed", std::to_string(officers.threshold));
  facts.emplace_back("officer_pin", officers.pin ? "yes" : "no");
  for (const auto& key : officers.keys)
    facts.emplace_back(
        kFact, fmt::format("{} {} {}", to_base64url(key.credential), to_base64url(key.public_key), key.officer));
}

Result<OfficerKeys> officer_keys(const std::vector<TranscriptLine>& lines) {
  const Facts* const facts = officers_step(lines);
  if (!facts || fact(*facts, "officers_needed").empty())
    return fail(Code::not_found, "the ceremony's transcript names no officers' keys");
  OfficerKeys officers;
  KAITO_TRY(officers.threshold, parse_threshold(fact(*facts, "officers_needed")));
  officers.pin = fact(*facts, "officer_pin") != "no";
  for (const auto& [name, value] : *facts) {
    if (name != kFact) continue;
    KAITO_TRY(auto key, parse_key(value));
    if (officers.find(key.credential)) return malformed();
    officers.keys.push_back(std::move(key));
  }
  return officers;
}

Result<std::string> verify_officer(const OfficerKeys& officers, std::string_view text,
                                   const OfficerSignature& signature) {
  const OfficerKey* const key = officers.find(signature.credential);
  if (!key) return fail(Code::not_found, "the key is no officer's");
  const auto refuse = [key](std::string_view why) {
    return fail(Code::integrity, fmt::format("{}'s signature: {}", key->officer, why));
  };
  KAITO_TRY(const auto data, webauthn::parse_authenticator_data(signature.authenticator_data));
  if (data.rp_id_hash != hash_line(kRelyingParty)) return refuse("it was made for somebody else");
  if (!data.has(webauthn::kFlagUp)) return refuse("nobody touched the key");
  if (officers.pin && !data.has(webauthn::kFlagUv)) return refuse("the key did not ask for its PIN");
  const auto middle = key->public_key.begin() + static_cast<std::ptrdiff_t>(kCoordinate);
  const webauthn::CoseKey point{.algorithm = webauthn::kEs256,
                                .first = Bytes(key->public_key.begin(), middle),
                                .second = Bytes(middle, key->public_key.end())};
  const auto hash = hash_line(text);
  const auto valid = webauthn::verify_assertion_signature(
      {.rp_id = kRelyingParty, .auth_data = data, .client_data_hash = hash}, point, signature.signature);
  if (!valid) return refuse("it is not of this text, or not by this key");
  return key->officer;
}

}  // namespace kaito::provisioning
