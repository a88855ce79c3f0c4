// The reconciliation report: openings of seeds against the audit log.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

struct ReconcileOrgKey {
  struct Input {
    static constexpr bool kFromQuery = true;
    std::optional<Number<std::uint32_t, 1, 24 * 400>> hours;  // back from now; default: 24
  };
  struct Output {
    TimePoint from;
    TimePoint until;
    std::uint64_t audit_from = 0;  // records [audit_from, audit_until) of the log were looked at
    std::uint64_t audit_until = 0;
    std::uint64_t opened_by_hsm = 0;
    std::uint64_t opened_by_lease = 0;
    std::uint64_t codes_recorded = 0;
    std::int64_t difference = 0;  // opened for codes, less recorded
    bool matches = false;
    std::uint64_t opened_for_changes = 0;
    std::uint64_t changes_recorded = 0;
    std::uint64_t index_keys = 0;
    std::uint64_t additions_recorded = 0;
    std::uint64_t refused = 0;
    std::uint64_t failures_recorded = 0;
    std::vector<TimePoint> incomplete;  // beginnings of periods whose last counts are lost
    std::vector<std::string> explanations;
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ReconcileOrgKey::Input, (), (hours))
BOOST_DESCRIBE_STRUCT(ReconcileOrgKey::Output, (),
                      (from, until, audit_from, audit_until, opened_by_hsm, opened_by_lease, codes_recorded, difference,
                       matches, opened_for_changes, changes_recorded, index_keys, additions_recorded, refused,
                       failures_recorded, incomplete, explanations))

}  // namespace kaito::api
