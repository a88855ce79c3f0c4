#include "appliance/otp/otpauth_uri.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "appliance/otp/label_text.hpp"
#include "appliance/otp/percent_encoding.hpp"

namespace kaito::otp {
namespace {

constexpr std::string_view kScheme = "otpauth://";

struct Parts {
  std::string_view type;
  std::string_view label;
  std::string_view query;
};

// A # is taken as it stands: these URIs have no fragments, but hand-made ones have # in their names.
Parts split(std::string_view uri) noexcept {
  uri.remove_prefix(kScheme.size());
  const std::size_t question = std::min(uri.find('?'), uri.size());
  const std::string_view path = uri.substr(0, question);
  const std::size_t slash = std::min(path.find('/'), path.size());
  return {.type = path.substr(0, slash),
          .label = path.substr(std::min(slash + 1, path.size())),
          .query = uri.substr(std::min(question + 1, uri.size()))};
}

// Parameter values, still encoded.
class Query {
 public:
  static constexpr std::array<std::string_view, 7> kNames{"secret", "issuer",  "algorithm", "digits",
                                                          "period", "counter", "encoder"};

  explicit Query(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('&'), text.size());
      take(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  // An empty value says nothing and counts as absent.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < kNames.size(); ++i)
      if (kNames.at(i) == name) return values_.at(i);
    return std::nullopt;
  }

  [[nodiscard]] Status check_repeats() const {
    if (!repeated_.empty()) return fail_invalid(std::string(repeated_), "appears twice");
    return {};
  }

  void note_unknown(EntryDraft& draft) const {
    if (!unknown_.empty()) draft.note("unknown parameters ignored: " + unknown_);
  }

 private:
  void take(std::string_view parameter) {
    if (parameter.empty()) return;
    const std::size_t equals = parameter.find('=');
    const std::string_view name = parameter.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? std::string_view{} : parameter.substr(equals + 1);
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (!equals_ignoring_case(name, kNames.at(i))) continue;
      if (seen_.at(i)) repeated_ = kNames.at(i);
      seen_.at(i) = true;
      if (!value.empty()) values_.at(i) = value;
      return;
    }
    if (!unknown_.empty()) unknown_ += ", ";
    unknown_ += harmless(name, "(one with an unusual name)");
  }

  std::array<std::optional<std::string_view>, kNames.size()> values_;
  std::array<bool, kNames.size()> seen_{};
  std::string_view repeated_;
  std::string unknown_;
};

// The label is split at its first raw colon; only without one does an encoded colon divide it, so that an account may
// hold an encoded colon of its own.
Status read_names(std::string_view encoded, const Query& query, EntryDraft& draft) {
  const Label raw = split_label(encoded);
  KAITO_TRY(const WipedBytes issuer, percent_decode("issuer", raw.issuer, Plus::literal));
  KAITO_TRY(const WipedBytes account, percent_decode("account", raw.account, Plus::literal));
  KAITO_TRY(const WipedBytes parameter, percent_decode("issuer", query.find("issuer").value_or(""), Plus::space));
  const bool has_colon = raw.account.size() != encoded.size();
  const Label label = has_colon ? Label{as_text(issuer), as_text(account)} : split_label(as_text(account));
  return draft.set_names(label, as_text(parameter));
}

Result<std::uint64_t> number(std::string_view field, std::string_view text) {
  std::uint64_t value = 0;
  const char* begin = text.data();
  const char* end = begin + text.size();
  const auto [rest, error] = std::from_chars(begin, end, value);
  if (error != std::errc{} || rest != end) return fail_invalid(std::string(field), "is not a whole number");
  return value;
}

Status read_numbers(const Query& query, EntryDraft& draft) {
  if (const auto text = query.find("digits")) {
    KAITO_TRY(const std::uint64_t digits, number("digits", *text));
    draft.set_digits(digits);
  }
  if (const auto text = query.find("period")) {
    KAITO_TRY(const std::uint64_t period, number("period", *text));
    draft.set_period(period);
  }
  if (const auto text = query.find("counter")) {
    KAITO_TRY(const std::uint64_t counter, number("counter", *text));
    draft.set_counter(counter);
  }
  return {};
}

Status read_secret(const Query& query, EntryDraft& draft) {
  const auto encoded = query.find("secret");
  if (!encoded) return fail_invalid("secret", "is missing");
  KAITO_TRY(const WipedBytes text, percent_decode("secret", *encoded, Plus::space));
  return draft.set_secret_base32(as_text(text));
}

}  // namespace

bool is_otpauth_uri(std::string_view text) noexcept {
  return equals_ignoring_case(text.substr(0, kScheme.size()), kScheme);
}

Status read_otpauth_uri(std::string_view uri, EntryDraft& draft) {
  if (!is_otpauth_uri(uri)) return fail_invalid("uri", "does not start with otpauth://");
  if (uri.size() > kMaxUriBytes) return fail_invalid("uri", fmt::format("is longer than {} bytes", kMaxUriBytes));
  const Parts parts = split(uri);
  const Query query(parts.query);
  KAITO_CHECK(read_names(parts.label, query, draft));
  KAITO_CHECK(draft.set_type(parts.type));
  KAITO_CHECK(query.check_repeats());
  if (const auto algorithm = query.find("algorithm")) KAITO_CHECK(draft.set_algorithm(*algorithm));
  if (const auto encoder = query.find("encoder")) {
    if (!equals_ignoring_case(*encoder, "steam"))
      return fail_invalid("encoder", fmt::format("{} is not supported", harmless(*encoder, "of this entry")));
    draft.mark_steam();
  }
  KAITO_CHECK(read_numbers(query, draft));
  query.note_unknown(draft);
  return read_secret(query, draft);
}

Result<ImportedEntry> parse_otpauth_uri(std::string_view uri) {
  EntryDraft draft;
  KAITO_CHECK(read_otpauth_uri(uri, draft));
  return std::move(draft).finish();
}

}  // namespace kaito::otp
