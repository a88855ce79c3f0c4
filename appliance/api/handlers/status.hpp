// How the appliance is: for probes without a login, and in full for staff.
#pragma once

#include "appliance/api/handlers/keys.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

// The process lives. Says nothing else.
http::Reply healthz(Services& services);
// Ready to give codes: 200, or 503 with what is missing.
http::Reply readyz(Services& services);
// The API description, generated from the endpoint table.
http::Reply openapi(Services& services);

struct GetStatus {
  using Input = Nothing;
  struct Hsm {
    std::string phase;
    bool answers = false;
    std::string label;
    std::string serial;
    std::string model;
    std::string firmware;
    std::vector<std::string> mechanisms;
    std::vector<std::uint32_t> platform_kek_versions;
    std::vector<std::uint32_t> audit_key_versions;
    std::vector<std::uint32_t> backup_key_versions;
    std::uint64_t worker_starts = 0;
    std::uint64_t worker_crashes = 0;
    std::uint64_t worker_hangs = 0;
    std::uint64_t unwraps = 0;
    std::uint64_t refused = 0;
    std::uint64_t leases = 0;  // unwrapped DEKs that may be used again
    std::uint64_t lease_hits = 0;
    std::uint64_t lease_misses = 0;
  };
  struct Time {
    bool synchronised = false;
    OrNull<std::int64_t> uncertainty_ms;             // null: unknown
    std::optional<std::int64_t> max_uncertainty_ms;  // above it, and while it is unknown, no code is given
    std::uint64_t jumps = 0;                         // of the wall clock, since the start
    std::optional<TimePoint> last_jump_at;           // what the clock said afterwards
    std::optional<std::int64_t> last_jump_ms;        // negative: it went back
  };
  struct Output {
    std::string version;
    std::string_view state;
    TimePoint started_at;
    TimePoint server_time;
    bool storage_works = false;
    bool storage_has_room = false;
    bool rows_verified = false;               // every table was held against its sum since the start
    std::vector<std::string> altered_tables;  // rows were put back, added or removed outside the appliance
    std::uint64_t audit_records = 0;
    Time time;
    Hsm hsm;
    std::vector<RotationView> rotations;  // running, paused or failed
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(GetStatus::Hsm, (),
                      (phase, answers, label, serial, model, firmware, mechanisms, platform_kek_versions,
                       audit_key_versions, backup_key_versions, worker_starts, worker_crashes, worker_hangs, unwraps,
                       refused, leases, lease_hits, lease_misses))
BOOST_DESCRIBE_STRUCT(GetStatus::Time, (),
                      (synchronised, uncertainty_ms, max_uncertainty_ms, jumps, last_jump_at, last_jump_ms))
BOOST_DESCRIBE_STRUCT(GetStatus::Output, (),
                      (version, state, started_at, server_time, storage_works, storage_has_room, rows_verified,
                       altered_tables, audit_records, time, hsm, rotations))

}  // namespace kaito::api
