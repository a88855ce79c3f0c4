// How the appliance is, for health endpoints, the Gate and staff. The daemon implements it from its parts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "appliance/api/access.hpp"
#include "appliance/base/task.hpp"
#include "appliance/base/time.hpp"

namespace kaito::api {

struct HsmReport {
  std::string label;
  std::string serial;
  std::string model;
  std::string firmware;
  std::vector<std::string> mechanisms;
  std::vector<KeyVersion> platform_keks;
  std::vector<KeyVersion> audit_keys;
  std::vector<KeyVersion> backup_keys;
  std::uint64_t unwraps = 0;
  std::uint64_t refused = 0;
};

struct Health {
  bool hsm_answers = false;                 // the last canary, at most a few seconds old, was right
  bool storage_works = false;               // no commit has failed
  bool storage_has_room = false;            // the reserve is not touched
  bool rows_verified = false;               // every guarded table was held against its sum since the start
  std::vector<std::string> altered_tables;  // those that did not fit: rows were put back, added or removed
  std::string hsm_phase;
  std::uint64_t worker_starts = 0;
  std::uint64_t worker_crashes = 0;
  std::uint64_t worker_hangs = 0;
  // Unwrapped DEKs under their lease: how many there are, how often one was at hand and how often not.
  std::uint64_t leases = 0;
  std::uint64_t lease_hits = 0;
  std::uint64_t lease_misses = 0;
};

// Thread-safe.
class ApplianceStatus {
 public:
  virtual ~ApplianceStatus() = default;
  [[nodiscard]] virtual ApplianceState state() const noexcept = 0;
  [[nodiscard]] virtual Health health() const = 0;  // from memory, never waits
  virtual Task<Result<HsmReport>> hsm() const = 0;  // asks the token
  [[nodiscard]] virtual std::string version() const = 0;
  [[nodiscard]] virtual TimePoint started_at() const = 0;
};

}  // namespace kaito::api
