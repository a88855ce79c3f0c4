// The attacks on a header, by name: each an edit of an honest header's metadata text.
#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>
#include <string_view>

namespace kaito::test {

struct HostileHeader {
  std::string_view name;
  std::string (*make)(const boost::json::object& honest);  // metadata text
};

// `honest` has keyslot 0 with a token 0, one segment and one digest.
std::span<const HostileHeader> hostile_headers();

}  // namespace kaito::test
