// What a handler is given and what it gives back.
//
// A handler is a struct with `Input`, `Output` (both described), and
//   static Task<Result<Done<Output>>> process(Services&, Call<Input>);
// It cannot be reached without a Permit, and it cannot answer without a Receipt.
#pragma once

#include <cstdint>
#include <vector>

#include "appliance/api/json/bounded.hpp"
#include "appliance/api/path.hpp"
#include "appliance/audit/journal.hpp"
#include "appliance/auth/permit.hpp"
#include "appliance/http/reply.hpp"

namespace kaito::api {

template <class Input>
struct Call {
  auth::Permit permit;
  Input input;
  const PathParameters& path;  // valid until the reply is sealed
};

// The output, or a refusal that the service has recorded itself; either way with the receipt that seals it.
template <class Output>
struct Done {
  Result<Output> output;
  audit::Receipt receipt;
  std::vector<http::ReplyHeader> headers{};
};

// An output that is not JSON: export files.
struct RawBody {
  std::string_view content_type;  // a literal
  std::string text;
};

}  // namespace kaito::api
