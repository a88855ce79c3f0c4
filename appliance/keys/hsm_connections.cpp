#include "appliance/keys/hsm_connections.hpp"

#include <thread>

namespace kaito::keys {

void HsmConnections::configure(std::vector<HsmConnectionSettings> settings, const std::vector<std::string>& kept) {
  std::vector<std::pair<HsmConnection*, HsmConnectionSettings>> known;
  std::vector<HsmConnection*> gone;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, connection] : connections_)
      if (std::ranges::find(settings, name, &HsmConnectionSettings::name) == settings.end() &&
          std::ranges::find(kept, name) == kept.end())
        gone.push_back(connection.get());
    for (auto& one : settings) {
      const std::string name = one.name;
      if (const auto found = connections_.find(name); found != connections_.end())
        known.emplace_back(found->second.get(), std::move(one));
      else
        connections_.emplace(name, std::make_unique<HsmConnection>(std::move(one), clock_, log_));
    }
  }
  // Ending a worker takes a while; nobody who looks for another HSM waits for it.
  for (auto& [connection, one] : known) connection->configure(std::move(one));
  for (auto* connection : gone) connection->remove();
}

HsmConnection* HsmConnections::find(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(name);
  return found == connections_.end() ? nullptr : found->second.get();
}

Result<HsmConnection*> HsmConnections::need(std::string_view name) {
  if (HsmConnection* connection = find(name)) return connection;
  return fail(Code::customer_hsm_unavailable, fmt::format("HSM {} is not configured", name));
}

std::vector<HsmConnection*> HsmConnections::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<HsmConnection*> list;
  for (const auto& [name, connection] : connections_) list.push_back(connection.get());
  return list;
}

std::vector<HsmConnectionReport> HsmConnections::report() const {
  std::vector<HsmConnectionReport> reports;
  for (const HsmConnection* connection : all()) reports.push_back(connection->report());
  return reports;
}

void HsmConnections::look_after() {
  for (HsmConnection* connection : all()) connection->look_after();
}

void HsmConnections::stop() {
  // All at once: those that hang take their whole deadline.
  std::vector<std::jthread> ends;
  for (HsmConnection* connection : all()) ends.emplace_back([connection] { connection->remove(); });
}

}  // namespace kaito::keys
