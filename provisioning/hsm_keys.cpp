#include "provisioning/hsm_keys.hpp"

#include <algorithm>

#include "hsm/client/client.hpp"

namespace kaito::provisioning {
namespace {

enum class Kind : std::uint8_t { platform, audit, backup, wrapping };

struct Key {
  Kind kind;
  KeyVersion version;

  [[nodiscard]] std::string name() const {
    switch (kind) {
      case Kind::platform: return fmt::format("platform KEK {}", version);
      case Kind::audit: return fmt::format("audit key {}", version);
      case Kind::backup: return fmt::format("backup key {}", version);
      case Kind::wrapping: return fmt::format("wrapping pair {}", version);
    }
    return {};
  }
};

Task<Status> destroy(hsm::Client& client, Key key) {
  switch (key.kind) {
    case Kind::platform: co_return co_await client.destroy_platform_kek(key.version);
    case Kind::audit: co_return co_await client.destroy_audit_key(key.version);
    case Kind::backup: co_return co_await client.destroy_backup_key(key.version);
    case Kind::wrapping: co_return co_await client.destroy_wrapping_key(key.version);
  }
  co_return Status{};
}

std::vector<Key> keys_of(const hsm::TokenStatus& status) {
  std::vector<Key> keys;
  for (const auto& key : status.platform_keks) keys.push_back({Kind::platform, key.version});
  for (const auto& key : status.audit_keys) keys.push_back({Kind::audit, key.version});
  for (const auto& key : status.backup_keys) keys.push_back({Kind::backup, key.version});
  for (const auto& key : status.wrapping_keys) keys.push_back({Kind::wrapping, key.version});
  std::ranges::sort(keys, {}, [](const Key& key) { return std::pair(key.kind, key.version); });
  return keys;
}

// One thread.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const HsmPlan& hsm, const Places& places, const Clock& clock) {
    KAITO_TRY(auto config, token_config(hsm, places));
    config.call_deadline = std::max(config.call_deadline, Milliseconds(60'000));  // nobody waits for it
    std::unique_ptr<Connection> connection(new Connection(clock));
    KAITO_TRY(connection->client_, hsm::Client::start(std::move(config), clock, connection->log_));
    return connection;
  }
  Result<hsm::TokenStatus> status() {
    return sync_wait(
        [](hsm::Client& client) -> Task<Result<hsm::TokenStatus>> { co_return co_await client.status(); }(*client_));
  }
  hsm::Client& client() { return *client_; }

 private:
  explicit Connection(const Clock& clock) : log_(sink_, clock, LogLevel::error) {}
  StderrSink sink_;
  Logger log_;
  std::unique_ptr<hsm::Client> client_;
};

}  // namespace

Result<HsmKeyNames> keys_in_hsm(const HsmPlan& hsm, const Places& places, const Clock& clock) {
  KAITO_TRY(const auto connection, Connection::open(hsm, places, clock));
  KAITO_TRY(const auto status, connection->status());
  HsmKeyNames names{.token = fmt::format("{}, serial {}", status.label, status.serial), .keys = {}};
  for (const auto& key : keys_of(status)) names.keys.push_back(key.name());
  return names;
}

Result<std::vector<std::string>> destroy_keys_in_hsm(const HsmPlan& hsm, const Places& places, const Clock& clock) {
  KAITO_TRY(const auto connection, Connection::open(hsm, places, clock));
  KAITO_TRY(const auto before, connection->status());
  std::vector<std::string> destroyed;
  for (const auto& key : keys_of(before)) {
    auto gone = sync_wait(destroy(connection->client(), key));
    if (!gone) return fail(std::move(gone).error().within("destroying " + key.name()));
    destroyed.push_back(key.name());
  }
  KAITO_TRY(const auto after, connection->status());
  if (const auto left = keys_of(after); !left.empty())
    return fail(Code::hsm_key_rejected, "the HSM still holds " + left.front().name());
  return destroyed;
}

}  // namespace kaito::provisioning
