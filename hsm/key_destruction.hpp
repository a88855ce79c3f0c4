// Destroying a key in the token, and believing it only after a second look (F16).
#pragma once

#include <string_view>

#include "hsm/session.hpp"

namespace kaito::hsm {

// Destroys every token object of the class, label and version, and `known` even if the search misses it. None at all is
// success too, so that a repetition is harmless. Returns how many there were. hsm_unavailable: the token says that it
// destroyed the key, and still has it.
TokenResult<std::size_t> destroy_and_look_again(Session& session, CK_OBJECT_CLASS object_class, std::string_view label,
                                                std::uint32_t version, std::optional<ObjectHandle> known);

}  // namespace kaito::hsm
