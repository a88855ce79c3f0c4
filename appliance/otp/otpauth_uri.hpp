// otpauth:// URIs, Google's Key Uri Format, as programs write them rather than as it is specified.
#pragma once

#include <string_view>

#include "appliance/otp/entry_draft.hpp"

namespace kaito::otp {

inline constexpr std::size_t kMaxUriBytes = 4096;

bool is_otpauth_uri(std::string_view text) noexcept;

// Reads `uri` (the caller's memory, which the caller wipes) into `draft`. Accepts raw and percent-encoded characters,
// an encoded or a raw colon in the label, + for a space in parameters, any case in scheme, type, parameter and
// algorithm names, a missing issuer. The issuer parameter wins over the label's (noted). Unknown parameters are noted.
// Fails naming the field; a known parameter that appears twice is refused. What was read before stays in the draft.
Status read_otpauth_uri(std::string_view uri, EntryDraft& draft);

// One URI as a whole. Errors: `uri` when it is none or over 4096 bytes, else the field's name.
Result<ImportedEntry> parse_otpauth_uri(std::string_view uri);

}  // namespace kaito::otp
