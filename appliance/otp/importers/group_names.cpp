#include "appliance/otp/importers/group_names.hpp"

#include <fmt/format.h>

#include "appliance/otp/importers/secret_json.hpp"
#include "appliance/otp/label_text.hpp"

namespace kaito::otp {

GroupNames::GroupNames(const boost::json::array* groups, std::string_view id_member) {
  if (groups == nullptr) return;
  for (const auto& element : *groups) {
    const auto* group = element.if_object();
    if (group == nullptr) continue;
    const JsonFields fields(*group);
    const auto id = fields.text(id_member);
    const auto name = fields.text("name");
    if (id && name) names_.insert_or_assign(std::string(*id), std::string(*name));
  }
}

std::string GroupNames::note(std::string_view kind, std::string_view id) const {
  const auto known = names_.find(id);
  return left_out_note(kind, known == names_.end() ? "(unnamed)" : std::string_view(known->second));
}

std::string left_out_note(std::string_view kind, std::string_view name) {
  const auto clean = clean_label(kind, name);
  return fmt::format("{} not imported: {}", kind, clean ? *clean : "(its name is not valid)");
}

}  // namespace kaito::otp
