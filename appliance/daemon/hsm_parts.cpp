#include "appliance/daemon/hsm_parts.hpp"

#include "appliance/base/file.hpp"
#include "appliance/base/random.hpp"
#include "hsm/client/find_worker.hpp"
#include "hsm/client/module_environment.hpp"
#include "hsm/client/softhsm_config.hpp"
#include "hsm/client/token_setup.hpp"

namespace kaito::daemon {
namespace {

constexpr std::string_view kTokenLabel = "kaito";
constexpr std::size_t kPinBytes = 24;
constexpr KeyVersion kFirstVersion = 1;
constexpr Milliseconds kPatience{120'000};

// A PIN that exists is kept: the token knows it already.
Status write_random_pin(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return {};
  SystemRandom random;
  const auto pin = Pin::random(kPinBytes, random);
  std::string text = to_base64url(pin.expose_secret()) + "\n";
  const auto written = write_file_atomically(path, as_bytes(text));
  wipe(text);
  return written;
}

}  // namespace

Result<hsm::ClientConfig> hsm_config(const Config& config, const DataDirectory& data) {
  hsm::ClientConfig hsm;
  KAITO_TRY(hsm.worker, hsm::find_worker(config.hsm_worker));
  hsm.call_deadline = Milliseconds{config.hsm_deadline_ms};
  hsm.start_deadline = std::max(hsm.start_deadline, 2 * hsm.call_deadline);
  if (!config.token_uri.empty()) {
    hsm.token_uri = config.token_uri;
    hsm.module = config.module;
    hsm.module_arguments = config.module_arguments;
    KAITO_TRY(hsm.environment, hsm::parse_environment(config.module_environment));
    return hsm;
  }
  KAITO_TRY(const auto softhsm, hsm::write_softhsm_config(data.hsm()));
  KAITO_TRY(hsm.module, hsm::find_softhsm_module());
  hsm.token_directory = softhsm.token_directory;
  hsm.environment = softhsm.environment();
  hsm.token_uri = fmt::format("pkcs11:token={}?pin-source=file:{}", kTokenLabel,
                              std::filesystem::absolute(data.user_pin()).string());
  return hsm;
}

hsm::ClientConfig patient(hsm::ClientConfig hsm) {
  hsm.call_deadline = std::max(hsm.call_deadline, kPatience);
  hsm.start_deadline = std::max(hsm.start_deadline, kPatience);
  return hsm;
}

Status set_up_embedded_token(const Config& config, const DataDirectory& data, const hsm::ClientConfig& hsm) {
  if (!config.token_uri.empty()) return {};
  KAITO_CHECK(write_random_pin(data.so_pin()));
  KAITO_CHECK(write_random_pin(data.user_pin()));
  return hsm::set_up_token(
      hsm, {.label = std::string(kTokenLabel), .so_pin_file = data.so_pin(), .user_pin_file = data.user_pin()});
}

Task<Result<HsmKeys>> find_keys(hsm::Client& hsm, bool make_missing) {
  KAITO_CO_TRY(auto status, co_await hsm.status());
  if (status.platform_keks.empty() && make_missing) {
    KAITO_CO_TRY(const auto made, co_await hsm.create_platform_kek(kFirstVersion));
    status.platform_keks.push_back(made);
  }
  if (status.audit_keys.empty() && make_missing) {
    KAITO_CO_TRY(const auto made, co_await hsm.create_audit_key(kFirstVersion));
    status.audit_keys.push_back(made);
  }
  if (status.platform_keks.empty() || status.audit_keys.empty())
    co_return fail(Code::configuration, "the token has no platform KEK or no audit key; run kaitod setup");
  if (status.backup_keys.empty()) {
    KAITO_CO_TRY(const auto made, co_await hsm.create_backup_key(kFirstVersion));
    status.backup_keys.push_back(made);
  }
  HsmKeys keys;
  for (const auto& kek : status.platform_keks) keys.platform_versions.push_back(kek.version);
  for (const auto& key : status.backup_keys) keys.backup_versions.push_back(key.version);
  for (const auto& key : status.wrapping_keys) keys.wrapping_versions.push_back(key.version);
  keys.platform_version = std::ranges::max(keys.platform_versions);
  keys.audit_keys = std::move(status.audit_keys);
  std::ranges::sort(keys.audit_keys, {}, &hsm::AuditKey::version);
  co_return keys;
}

}  // namespace kaito::daemon
