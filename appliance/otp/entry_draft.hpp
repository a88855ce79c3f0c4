// One entry while it is being read: a source says its parts in any order and spelling; finish() judges them together,
// so that every format follows the same rules. What was set before a failure stays readable, for the refusal's report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/otp/label_text.hpp"
#include "appliance/otp/parsed_import.hpp"

namespace kaito::otp {

class EntryDraft {
 public:
  // Each setter fails naming its field. An empty name is no failure.
  Status set_issuer(std::string_view text);
  Status set_account(std::string_view text);
  // A label as authenticators show it, and the issuer where it is also said apart: that one counts, a difference is
  // noted.
  Status set_names(const Label& label, std::string_view issuer);
  // totp, hotp, steam in any case; others are named in the refusal.
  Status set_type(std::string_view text);
  // Also "STEAM", which some programs say instead of a type.
  Status set_algorithm(std::string_view text);
  // The three numbers as a reader found them: absent, a value, or an error, which is passed on.
  using Number = Result<std::optional<std::uint64_t>>;
  Status set_numbers(const Number& digits, const Number& period, const Number& counter);
  void set_digits(std::uint64_t digits) { digits_ = digits; }
  void set_period(std::uint64_t seconds) { period_ = seconds; }
  void set_counter(std::uint64_t counter) { counter_ = counter; }
  Status set_secret_base32(std::string_view text);
  Status set_secret_bytes(ByteView bytes);
  void mark_steam() { type_ = Type::steam; }
  void note(std::string text) { notes_.push_back(std::move(text)); }

  [[nodiscard]] const std::string& issuer() const noexcept { return issuer_; }
  [[nodiscard]] const std::string& account() const noexcept { return account_; }
  [[nodiscard]] Type type() const noexcept { return type_; }

  // The entry, its position still 0. Defaults are those of the Key Uri Format: SHA1, 6 digits, 30 s. Fails naming the
  // field that is missing or out of bounds. What does not apply to the type is noted and ignored.
  Result<ImportedEntry> finish() &&;

 private:
  void recognise_steam();
  Status apply_steam();
  Status apply_digits();
  Status apply_moving_factor();
  void add_remarks();

  std::string issuer_;
  std::string account_;
  Type type_ = Type::totp;
  Algorithm algorithm_ = Algorithm::sha1;
  std::optional<std::uint64_t> digits_;
  std::optional<std::uint64_t> period_;
  std::optional<std::uint64_t> counter_;
  Parameters parameters_;
  Seed secret_;
  std::vector<std::string> notes_;
};

}  // namespace kaito::otp
