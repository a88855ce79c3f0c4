#include "appliance/cli/problem.hpp"

#include "appliance/cli/printable.hpp"

namespace kaito::cli {

std::string explain(const Error& error) {
  std::string reason = error.field;
  if (!error.reason.empty()) reason += (reason.empty() ? "" : " ") + error.reason;
  // The appliance sends no detail: where there is one, the error arose here and its detail is the whole story.
  const bool speaks_for_itself = !error.detail.empty() && reason.empty() && error.code != Code::connection_failed;
  std::string text(speaks_for_itself ? std::string_view() : traits(error.code).title);
  for (const auto& part : {reason, error.detail})
    if (!part.empty()) text += (text.empty() ? "" : ": ") + part;
  return printable(text);
}

}  // namespace kaito::cli
