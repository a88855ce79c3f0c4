// The appliance's state as the daemon knows it.
#pragma once

#include <atomic>

#include "appliance/api/appliance_status.hpp"
#include "appliance/audit/row_guard.hpp"
#include "appliance/keys/dek_leases.hpp"
#include "appliance/store/store.hpp"
#include "hsm/client/client.hpp"

namespace kaito::daemon {

// Thread-safe.
class Monitor final : public api::ApplianceStatus {
 public:
  Monitor(const store::Store& store, hsm::Client& hsm, const keys::DekLeases& leases, const audit::RowGuard& rows,
          const Clock& clock);

  [[nodiscard]] api::ApplianceState state() const noexcept override;
  [[nodiscard]] api::Health health() const override;
  Task<Result<api::HsmReport>> hsm() const override;
  [[nodiscard]] std::string version() const override;
  [[nodiscard]] TimePoint started_at() const override { return started_at_; }

  // Asks the token a question with a known answer and remembers how it went. True when it answered.
  Task<bool> ask_canary();

 private:
  const store::Store& store_;
  hsm::Client& hsm_;
  const keys::DekLeases& leases_;
  const audit::RowGuard& rows_;
  const TimePoint started_at_;
  std::atomic<bool> hsm_answers_{true};  // the preflight at start was the first canary
};

std::string program_version();

}  // namespace kaito::daemon
