#include "appliance/keys/hsm_connection.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace kaito::keys {
namespace {

// Same text: same file, as far as can be seen without reading it.
std::string fingerprint(const std::filesystem::path& file) {
  struct stat info{};
  if (::stat(file.c_str(), &info) != 0) return "none";
  return fmt::format("{} {} {} {}.{}", info.st_ino, info.st_size, info.st_mode, info.st_mtim.tv_sec,
                     info.st_mtim.tv_nsec);
}

// Whose fault it is, for who asked. What an error of ours says about files and modules is not for the customer.
Error as_customers(Error error) {
  switch (error.code) {
    case Code::hsm_key_rejected: error.code = Code::customer_key_disabled; break;
    case Code::hsm_unavailable:
    case Code::deadline_exceeded: error.code = Code::customer_hsm_unavailable; break;
    case Code::hsm_pin_rejected:
      error = {.code = Code::customer_hsm_unavailable, .detail = "the HSM refused the PIN"};
      break;
    case Code::hsm_unsupported:
      error = {.code = Code::customer_hsm_unavailable, .detail = "the HSM cannot do what is needed"};
      break;
    case Code::configuration:
      error = {.code = Code::customer_hsm_unavailable, .detail = "the token cannot be reached as it is configured"};
      break;
    default: break;
  }
  return error;
}

template <class T>
Task<Result<T>> answer(Result<Future<Result<T>>> begun) {
  if (!begun) co_return fail(as_customers(std::move(begun).error()));
  auto answered = co_await *std::move(begun);
  if (!answered) co_return fail(as_customers(std::move(answered).error()));
  co_return answered;
}

HsmConnectionState state_of(const hsm::WorkerState& worker) {
  switch (worker.phase) {
    case hsm::WorkerPhase::starting:
      return worker.failure ? HsmConnectionState::unavailable : HsmConnectionState::starting;
    case hsm::WorkerPhase::running: return HsmConnectionState::ready;
    case hsm::WorkerPhase::failed: return HsmConnectionState::refused;
    case hsm::WorkerPhase::restarting:
    case hsm::WorkerPhase::stopped: break;
  }
  return HsmConnectionState::unavailable;
}

}  // namespace

// The lock is held for no longer than it takes to queue the call: a client is never ended under it.
template <class T, class Call>
Result<Future<Result<T>>> HsmConnection::begin(const OrgId& org, Call call) {
  const std::lock_guard lock(mutex_);
  if (removed_ || std::ranges::find(settings_.orgs, org) == settings_.orgs.end())
    return fail(Code::customer_hsm_unavailable, fmt::format("the org may not use HSM {}", settings_.name));
  if (!client_) {
    pin_file_was_ = fingerprint(settings_.pin_file);
    KAITO_TRY(client_, hsm::Client::launch(settings_.client, clock_, log_));
    log_.info("keys.hsm.launched", {{"hsm", settings_.name}});
  }
  return call(*client_);
}

Task<Result<Dek>> HsmConnection::unwrap_one(OrgId org, hsm::OrgKekRef kek, const hsm::WrappedDek& wrapped,
                                            const Bytes& aad) {
  return answer(begin<Dek>(org, [&](hsm::Client& client) { return client.unwrap_dek(kek, wrapped, aad); }));
}

Task<Result<std::vector<Result<Dek>>>> HsmConnection::unwrap(OrgId org, hsm::OrgKekRef kek,
                                                             std::vector<hsm::DekToUnwrap> deks) {
  return answer(begin<std::vector<Result<Dek>>>(
      org, [&](hsm::Client& client) { return client.unwrap_deks(kek, std::move(deks)); }));
}

Task<Result<std::vector<Result<hsm::WrappedDek>>>> HsmConnection::wrap(OrgId org, hsm::OrgKekRef kek,
                                                                       std::vector<hsm::DekToWrap> deks) {
  return answer(begin<std::vector<Result<hsm::WrappedDek>>>(
      org, [&](hsm::Client& client) { return client.wrap_deks(kek, std::move(deks)); }));
}

Task<Result<std::vector<Result<hsm::WrappedDek>>>> HsmConnection::rewrap(OrgId org, hsm::OrgKekRef from,
                                                                         hsm::OrgKekRef to,
                                                                         std::vector<hsm::DekToRewrap> deks) {
  return answer(begin<std::vector<Result<hsm::WrappedDek>>>(
      org, [&](hsm::Client& client) { return client.rewrap_deks(from, to, std::move(deks)); }));
}

Task<Result<hsm::WrappedOrgKek>> HsmConnection::adopt(OrgId org, std::string key, bool make, Bytes aad) {
  return answer(begin<hsm::WrappedOrgKek>(
      org, [&](hsm::Client& client) { return client.adopt_org_kek(std::move(key), make, std::move(aad)); }));
}

bool HsmConnection::may_use(const OrgId& org) const {
  const std::lock_guard lock(mutex_);
  return !removed_ && std::ranges::find(settings_.orgs, org) != settings_.orgs.end();
}

HsmConnectionReport HsmConnection::report() const {
  const std::lock_guard lock(mutex_);
  HsmConnectionReport report{.name = settings_.name, .failure = {}, .orgs = settings_.orgs};
  if (client_) {
    const auto worker = client_->state();
    report.state = state_of(worker);
    report.failure = worker.failure;
    report.starts = worker.starts;
    report.crashes = worker.crashes;
    report.hangs = worker.hangs;
    report.outstanding = worker.outstanding;
  }
  if (removed_) report.state = HsmConnectionState::removed;
  return report;
}

bool HsmConnection::is_refused_locked() const { return client_ && client_->state().phase == hsm::WorkerPhase::failed; }

void HsmConnection::configure(HsmConnectionSettings settings) {
  std::unique_ptr<hsm::Client> former;  // ended without the lock
  const std::lock_guard lock(mutex_);
  removed_ = false;
  if (settings.client != settings_.client || is_refused_locked()) former = std::move(client_);
  settings_ = std::move(settings);
}

void HsmConnection::remove() {
  std::unique_ptr<hsm::Client> former;
  const std::lock_guard lock(mutex_);
  removed_ = true;
  former = std::move(client_);
}

void HsmConnection::look_after() {
  std::unique_ptr<hsm::Client> former;
  const std::lock_guard lock(mutex_);
  if (is_refused_locked() && fingerprint(settings_.pin_file) != pin_file_was_) former = std::move(client_);
}

}  // namespace kaito::keys
