// A customer's HSM: a worker process of its own, with its own deadline, bounded queue and pauses, so that it can hold
// up nobody but the orgs that use it. It starts at the first call, in the background; who may use it and what it loads
// is the operator's word alone.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "appliance/base/task.hpp"
#include "hsm/client/client.hpp"

namespace kaito::keys {

struct HsmConnectionSettings {
  std::string name;                // as check_hsm_name() has it
  hsm::ClientConfig client;        // `customer` is set
  std::filesystem::path pin_file;  // what `client.token_uri` names: a refused PIN is tried again when it has changed
  std::vector<OrgId> orgs;         // who may use it
  friend bool operator==(const HsmConnectionSettings&, const HsmConnectionSettings&) = default;
};

enum class HsmConnectionState : std::uint8_t {
  idle,         // nobody has asked for it yet
  starting,     // its worker is
  ready,        // it answers
  unavailable,  // it does not; it is tried again
  refused,      // it refused the PIN, or gave a wrong answer: not tried again before somebody has changed something
  removed,      // no longer configured
};

struct HsmConnectionReport {
  std::string name;
  HsmConnectionState state = HsmConnectionState::idle;
  std::optional<Error> failure;  // for staff: why it is not ready
  std::vector<OrgId> orgs;
  std::uint64_t starts = 0;
  std::uint64_t crashes = 0;
  std::uint64_t hangs = 0;
  std::uint64_t outstanding = 0;
};

// Thread-safe. Errors of all calls: customer_hsm_unavailable (it does not answer, refuses us, or the org may not use
// it), customer_key_disabled (the key is gone, may not be used, or is another one). Both are the customer's to mend.
class HsmConnection {
 public:
  HsmConnection(HsmConnectionSettings settings, const Clock& clock, Logger& log)
      : settings_(std::move(settings)), clock_(clock), log_(log) {}

  Task<Result<Dek>> unwrap_one(OrgId org, hsm::OrgKekRef kek, const hsm::WrappedDek& wrapped, const Bytes& aad);
  Task<Result<std::vector<Result<Dek>>>> unwrap(OrgId org, hsm::OrgKekRef kek, std::vector<hsm::DekToUnwrap> deks);
  Task<Result<std::vector<Result<hsm::WrappedDek>>>> wrap(OrgId org, hsm::OrgKekRef kek,
                                                          std::vector<hsm::DekToWrap> deks);
  Task<Result<std::vector<Result<hsm::WrappedDek>>>> rewrap(OrgId org, hsm::OrgKekRef from, hsm::OrgKekRef to,
                                                            std::vector<hsm::DekToRewrap> deks);
  // As hsm::Client::adopt_org_kek(); a key that is refused is customer_key_disabled and says why in `detail`.
  Task<Result<hsm::WrappedOrgKek>> adopt(OrgId org, std::string key, bool make, Bytes aad);

  [[nodiscard]] bool may_use(const OrgId& org) const;
  [[nodiscard]] HsmConnectionReport report() const;

  // New settings: what is under way with the old ones ends with an error. The same settings: what was refused is tried
  // again.
  void configure(HsmConnectionSettings settings);
  // Ends the worker, which takes at most its deadline, and refuses everybody.
  void remove();
  // Tries a PIN that was refused again once its file has changed, and no sooner (F8). To be called every second or so.
  void look_after();

 private:
  template <class T, class Call>
  Result<Future<Result<T>>> begin(const OrgId& org, Call call);
  [[nodiscard]] bool is_refused_locked() const;

  mutable std::mutex mutex_;
  HsmConnectionSettings settings_;
  const Clock& clock_;
  Logger& log_;
  std::unique_ptr<hsm::Client> client_;
  std::string pin_file_was_;  // when the client started
  bool removed_ = false;
};

}  // namespace kaito::keys
