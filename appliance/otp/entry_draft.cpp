#include "appliance/otp/entry_draft.hpp"

#include <fmt/format.h>

#include <limits>

#include "appliance/otp/base32.hpp"

namespace kaito::otp {
namespace {

constexpr std::size_t kShortSecretBytes = 10;
// The counter is stored as a signed 64-bit integer.
constexpr std::uint64_t kMaxCounter = std::numeric_limits<std::int64_t>::max();

}  // namespace

Status EntryDraft::set_issuer(std::string_view text) {
  KAITO_TRY(issuer_, clean_label("issuer", text));
  return {};
}

Status EntryDraft::set_account(std::string_view text) {
  KAITO_TRY(account_, clean_label("account", text));
  return {};
}

Status EntryDraft::set_names(const Label& label, std::string_view issuer) {
  KAITO_CHECK(set_account(label.account));
  KAITO_TRY(std::string from_label, clean_label("issuer", label.issuer));
  KAITO_CHECK(set_issuer(issuer));
  if (issuer_.empty())
    issuer_ = std::move(from_label);
  else if (!from_label.empty() && from_label != issuer_)
    note(fmt::format("the label says the issuer is {}, the issuer field {}; the field counts", from_label, issuer_));
  return {};
}

Status EntryDraft::set_type(std::string_view text) {
  const auto type = type_from_string(text);
  if (!type) return fail_invalid("type", fmt::format("{} is not supported", harmless(text, "of this entry")));
  type_ = *type;
  return {};
}

Status EntryDraft::set_algorithm(std::string_view text) {
  if (equals_ignoring_case(text, "steam")) {
    mark_steam();
    return {};
  }
  const auto algorithm = algorithm_from_string(text);
  if (!algorithm) return fail_invalid("algorithm", fmt::format("{} is not supported", harmless(text, "of this entry")));
  algorithm_ = *algorithm;
  return {};
}

Status EntryDraft::set_numbers(const Number& digits, const Number& period, const Number& counter) {
  for (const Number* number : {&digits, &period, &counter})
    if (!*number) return fail(number->error());
  digits_ = *digits;
  period_ = *period;
  counter_ = *counter;
  return {};
}

Status EntryDraft::set_secret_base32(std::string_view text) {
  KAITO_TRY(secret_, decode_base32(text));
  return {};
}

Status EntryDraft::set_secret_bytes(ByteView bytes) {
  if (bytes.size() < kMinSecretBytes) return fail_invalid("secret", "is empty");
  if (bytes.size() > kMaxSecretBytes) return fail_invalid("secret", "is longer than 128 bytes");
  secret_ = Seed::copy_of(bytes);
  return {};
}

// Programs that have no type for it export Steam's codes as TOTP of 5 digits by the issuer Steam.
void EntryDraft::recognise_steam() {
  if (type_ != Type::totp || !equals_ignoring_case(issuer_, "steam")) return;
  if (digits_ == kSteamDigits)
    mark_steam();
  else
    note("the issuer is Steam, but nothing says that the codes are Steam's; taken as plain totp");
}

Status EntryDraft::apply_steam() {
  if (algorithm_ != Algorithm::sha1) return fail_invalid("algorithm", "must be SHA1 for steam");
  if (period_.value_or(kDefaultPeriod) != kDefaultPeriod) return fail_invalid("period", "must be 30 seconds for steam");
  if (digits_.value_or(kSteamDigits) != kSteamDigits)
    note(fmt::format("{} digits ignored: Steam's codes have 5", *digits_));
  if (counter_.value_or(0) != 0) note("counter ignored: steam has none");
  parameters_ = kSteamParameters;
  return {};
}

Status EntryDraft::apply_digits() {
  const std::uint64_t digits = digits_.value_or(kMinDigits);
  if (digits < kMinDigits || digits > kMaxDigits)
    return fail_invalid("digits", fmt::format("must be {} to {}", kMinDigits, kMaxDigits));
  parameters_.digits = static_cast<std::uint8_t>(digits);
  return {};
}

Status EntryDraft::apply_moving_factor() {
  if (type_ == Type::hotp) {
    if (!counter_) return fail_invalid("counter", "is missing, and hotp needs it");
    if (*counter_ > kMaxCounter) return fail_invalid("counter", "is above 2^63 - 1");
    // Several programs write the default period beside every entry.
    if (period_.value_or(0) != 0 && period_ != kDefaultPeriod) note("period ignored: hotp has none");
    parameters_.period = 0;
    return {};
  }
  if (counter_.value_or(0) != 0) note("counter ignored: totp has none");
  const std::uint64_t period = period_.value_or(kDefaultPeriod);
  if (period < kMinPeriod || period > kMaxPeriod)
    return fail_invalid("period", fmt::format("must be {} to {} seconds", kMinPeriod, kMaxPeriod));
  parameters_.period = static_cast<std::uint16_t>(period);
  return {};
}

void EntryDraft::add_remarks() {
  if (secret_.size() < kShortSecretBytes) note(fmt::format("short secret: {} bytes", secret_.size()));
  if (issuer_.empty() && account_.empty()) note("has neither issuer nor account name");
}

Result<ImportedEntry> EntryDraft::finish() && {
  if (secret_.empty()) return fail_invalid("secret", "is missing");
  recognise_steam();
  if (type_ == Type::steam) {
    KAITO_CHECK(apply_steam());
  } else {
    parameters_.type = type_;
    parameters_.algorithm = algorithm_;
    KAITO_CHECK(apply_digits());
    KAITO_CHECK(apply_moving_factor());
  }
  KAITO_CHECK(validate(parameters_));
  add_remarks();
  ImportedEntry entry;
  entry.issuer = std::move(issuer_);
  entry.account = std::move(account_);
  entry.parameters = parameters_;
  entry.counter = type_ == Type::hotp ? *counter_ : 0;
  entry.secret = std::move(secret_);
  entry.notes = std::move(notes_);
  return entry;
}

}  // namespace kaito::otp
