// Names that people gave to accounts, services and groups: bounded, valid UTF-8, without control characters.
#pragma once

#include <string>
#include <string_view>

#include "appliance/base/result.hpp"

namespace kaito::otp {

inline constexpr std::size_t kMaxLabelBytes = 256;

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

// `text` without the spaces around it. Errors name `field`: over 256 bytes, not UTF-8, C0 or C1 control characters.
Result<std::string> clean_label(std::string_view field, std::string_view text);

// `text` when it can be repeated in a report without risk: at most 12 characters of [A-Za-z0-9_.-], too few to be a
// secret that someone put in the wrong place. Otherwise `instead`.
std::string_view harmless(std::string_view text, std::string_view instead) noexcept;

// ASCII only; `lower_case` has no upper-case letters.
bool equals_ignoring_case(std::string_view text, std::string_view lower_case) noexcept;

// An authenticator's label, split at its first colon: "Issuer:account". Without a colon all of it is the account.
struct Label {
  std::string_view issuer;
  std::string_view account;
};
Label split_label(std::string_view text) noexcept;

}  // namespace kaito::otp
