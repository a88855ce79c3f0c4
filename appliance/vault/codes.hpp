// Codes: what the vault is for. Every code is recorded before it leaves.
#pragma once

#include <vector>

#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/otp/one_time_code.hpp"
#include "appliance/timekeeping/time_watch.hpp"
#include "appliance/vault/seed_access.hpp"
#include "appliance/vault/seed_opener.hpp"

namespace kaito::vault {

inline constexpr std::size_t kMaxCodesAtOnce = 100;
// The next code is given only in the last seconds of the present one: early enough to type it, too late to hoard.
inline constexpr Milliseconds kNextCodeWindow{5000};

struct CodeRead {
  otp::OneTimeCode code;
  // Of time-based codes only.
  std::optional<TimePoint> valid_from;
  std::optional<TimePoint> valid_until;
  std::optional<otp::OneTimeCode> next_code;
  // Of HOTP only: the counter that this code used.
  std::optional<std::uint64_t> counter;
  TimePoint server_time{};
  // How far server_time may be off; absent: nobody knows.
  std::optional<Milliseconds> time_uncertainty;
};

struct CodeOfSeed {
  SeedId seed;
  Result<CodeRead> code;
};

// Thread-safe.
class Codes {
 public:
  // `default_lease`: how long an unwrapped DEK may be used again, for orgs that say nothing themselves.
  Codes(store::Store& store, audit::Journal& journal, SeedOpener& opener, const Clock& clock,
        const timekeeping::TimeWatch& time, Seconds default_lease)
      : journal_(journal), opener_(opener), clock_(clock), time_(time), rows_(store, default_lease) {}

  // TOTP and Steam. `want_next`: also the next code, when less than kNextCodeWindow is left. Code::conflict (field
  // "type") for HOTP, whose counter only take_next() may move; Code::time_uncertain when the clock may be off by more
  // than the operator allows.
  Task<Result<auth::Recorded<CodeRead>>> read(const auth::Permit& permit, SeedId id, bool want_next);

  // HOTP: the code at the counter, which moves on in the same transaction as the record. Of two at once each gets its
  // own. Code::conflict for time-based seeds.
  Task<Result<auth::Recorded<CodeRead>>> take_next(const auth::Permit& permit, SeedId id);

  // Many time-based codes with one record. A seed that is not reached, is HOTP or fails is an error in its place.
  // 1 to kMaxCodesAtOnce ids; more, or one twice, is invalid_request (field "seeds"). Code::time_uncertain as read().
  Task<Result<auth::Recorded<std::vector<CodeOfSeed>>>> read_many(const auth::Permit& permit, std::vector<SeedId> ids);

 private:
  audit::Journal& journal_;
  SeedOpener& opener_;
  const Clock& clock_;
  const timekeeping::TimeWatch& time_;
  SeedRows rows_;
};

}  // namespace kaito::vault
