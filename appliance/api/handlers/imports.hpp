// Import of what another program exported.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

template <>
struct EnumNames<otp::Format> {
  using enum otp::Format;
  static constexpr std::array<std::pair<otp::Format, std::string_view>, 6> table{{{otpauth_list, "otpauth"},
                                                                                  {google_migration, "google"},
                                                                                  {aegis, "aegis"},
                                                                                  {two_fas, "2fas"},
                                                                                  {bitwarden, "bitwarden"},
                                                                                  {two_fauth, "2fauth"}}};
};
template <>
struct EnumNames<vault::EntryOutcome> {
  using enum vault::EntryOutcome;
  static constexpr std::array<std::pair<vault::EntryOutcome, std::string_view>, 3> table{
      {{imported, "imported"}, {duplicate, "duplicate"}, {refused, "refused"}}};
};

// The file's text: too large for locked memory, wiped after use.
template <>
struct FromJson<otp::WipedBytes> {
  static Result<otp::WipedBytes> read(const boost::json::value& json, const std::string& field) {
    if (!json.is_string() || json.get_string().empty()) return fail_invalid(field, "must be a string, not empty");
    const auto& text = json.get_string();
    return otp::WipedBytes(text.begin(), text.end());
  }
};
template <>
struct SchemaOf<otp::WipedBytes> : SchemaOf<Passphrase> {};

struct ImportSeeds {
  struct Input {
    static constexpr bool kFromQuery = false;
    otp::WipedBytes content;             // the exported file's text, or otpauth URIs, one a line
    std::optional<otp::Format> format;   // default: found from the content
    std::optional<Passphrase> password;  // of an encrypted file
    std::optional<List<GroupId, 100>> groups;
    std::optional<bool> dry_run;         // default false
    std::optional<bool> all_or_nothing;  // default false
  };
  struct Entry {
    std::uint64_t position = 0;
    std::string issuer;
    std::string account;
    vault::EntryOutcome outcome = vault::EntryOutcome::refused;
    std::string reason;
    std::vector<std::string> notes;
    std::optional<SeedId> seed;
  };
  struct Output {
    otp::Format format = otp::Format::otpauth_list;
    bool dry_run = false;
    bool applied = false;
    std::uint64_t imported = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t refused = 0;
    std::vector<Entry> entries;
    std::vector<std::string> notes;
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ImportSeeds::Input, (), (content, format, password, groups, dry_run, all_or_nothing))
BOOST_DESCRIBE_STRUCT(ImportSeeds::Entry, (), (position, issuer, account, outcome, reason, notes, seed))
BOOST_DESCRIBE_STRUCT(ImportSeeds::Output, (),
                      (format, dry_run, applied, imported, duplicates, refused, entries, notes))

}  // namespace kaito::api
