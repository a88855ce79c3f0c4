// Groups and folders of other programs: entries point to them by id; a report says their names.
#pragma once

#include <boost/json/array.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace kaito::otp {

class GroupNames {
 public:
  // `groups` (may be nullptr): objects with a member `id_member` and a member "name"; others are passed over.
  GroupNames(const boost::json::array* groups, std::string_view id_member);

  // "<kind> not imported: <name>", for an entry's notes.
  [[nodiscard]] std::string note(std::string_view kind, std::string_view id) const;

 private:
  std::map<std::string, std::string, std::less<>> names_;
};

// The same for a name that stands in the entry itself. A name that is no valid label is not repeated.
std::string left_out_note(std::string_view kind, std::string_view name);

}  // namespace kaito::otp
