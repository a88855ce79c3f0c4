// The audit log: listed, exported with proofs, and its public keys.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

using Sequence = Number<std::uint64_t, 0, std::numeric_limits<std::int64_t>::max()>;

// The whole appliance's for auditors, the org's for its admins.
struct ListAudit {
  struct Input {
    static constexpr bool kFromQuery = true;
    std::optional<Sequence> from;      // first sequence; default 0
    std::optional<Sequence> until;     // end, exclusive
    std::optional<PageLimit> limit;    // default 100
    std::optional<bool> newest_first;  // default false
  };
  struct Output {
    std::vector<RawJson> records;  // as they are in the log
    std::uint64_t log_size = 0;
    std::optional<std::uint64_t> next_from;  // oldest first only
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ListAudit::Input, (), (from, until, limit, newest_first))
BOOST_DESCRIBE_STRUCT(ListAudit::Output, (), (records, log_size, next_from))

// A file for `kaito audit verify`. An org's export shows its own records and hashes of the others.
struct ExportAudit {
  struct Input {
    static constexpr bool kFromQuery = true;
    std::optional<Sequence> from;
    std::optional<Sequence> until;
  };
  using Output = RawBody;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ExportAudit::Input, (), (from, until))

struct GetAuditKeys {
  using Input = Nothing;
  struct Output {
    std::string origin;
    std::vector<std::string> verifier_keys;  // C2SP signed-note form
    std::optional<std::string> checkpoint;   // the latest signed tree head
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(GetAuditKeys::Output, (), (origin, verifier_keys, checkpoint))

}  // namespace kaito::api
