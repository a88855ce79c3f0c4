// Seeds as people name them.
#pragma once

#include <boost/json/value.hpp>

#include "appliance/cli/context.hpp"

namespace kaito::cli {

// The one seed whose issuer or account holds the text (as the API searches), or whose "issuer:account" is the text.
// Code::not_found when there is none; Code::conflict lists the first few when there are several.
Result<boost::json::value> search_seed(Context& context, const std::string& text);

// Its id; an id is given back without asking.
Result<std::string> find_seed_id(Context& context, const std::string& id_or_text);

// "issuer:account", escaped for the terminal.
std::string seed_label(const boost::json::value& seed);

}  // namespace kaito::cli
