// An audit record: one line of canonical JSON (docs/formats/audit.md). Its exact bytes are the leaf of the Merkle tree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/audit/event.hpp"
#include "appliance/audit/merkle.hpp"

namespace kaito::audit {

// Bounds in bytes of the text before escaping. Longer text is cut at a character and ends in "…".
inline constexpr std::size_t kMaxName = 128;
inline constexpr std::size_t kMaxTargetId = 128;
inline constexpr std::size_t kMaxPeer = 64;
inline constexpr std::size_t kMaxDetail = 256;
inline constexpr std::size_t kMaxLabel = 64;  // action, error, kind of a target, key of a detail
// More than these are never cut away silently: the event is refused, its maker has to split it.
inline constexpr std::size_t kMaxTargets = 1024;
inline constexpr std::size_t kMaxDetails = 64;
// No record is longer, whatever its event holds.
inline constexpr std::size_t kMaxRecord = std::size_t{1} << 20;

// Where a record stands in the log.
struct Place {
  std::uint64_t sequence = 0;
  TimePoint time{};
  Hash previous{};  // leaf hash of the record before; zeros for the first
};

// Appends the record to `out`, without a newline. Code::internal when the event breaks its contract: no action, a label
// that is too long, a detail key twice, too many targets or details.
Status append_record(std::string& out, const Event& event, const Place& place);

// A record as it was read back; owns its text.
struct Record {
  struct Pair {
    std::string name;  // kind of a target, key of a detail
    std::string value;
  };
  Place place;
  ActorKind actor_kind = ActorKind::anonymous;
  UuidBytes actor_id{};
  std::string actor_name;
  std::optional<OrgId> org;
  std::string action;
  std::vector<Pair> targets;
  std::string peer;
  RequestId request;
  Outcome outcome = Outcome::success;
  std::string error;
  std::vector<Pair> details;
};

// Strict: accepts only what append_record writes. Code::integrity with the place of the first deviation in `detail`.
Result<Record> parse_record(std::string_view line);

}  // namespace kaito::audit
