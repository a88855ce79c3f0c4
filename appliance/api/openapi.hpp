// OpenAPI 3.1 from the endpoint table: what is served is what is described.
#pragma once

#include <span>
#include <string>

#include "appliance/api/endpoint.hpp"

namespace kaito::api {

std::string openapi_document(std::span<const Endpoint> table);

}  // namespace kaito::api
