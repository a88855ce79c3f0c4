#include "luks/crypt_device.hpp"

#include <fmt/format.h>
#include <libcryptsetup.h>

#include <cerrno>
#include <system_error>

namespace kaito::luks {
namespace {

constexpr std::size_t kMaxSaid = 512;

// What the library has to say goes to the context's own text; nothing to stdout, where it would write otherwise.
void keep(int level, const char* message, void* said) {
  if (level != CRYPT_LOG_ERROR || !said) return;
  std::string_view text(message);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  auto& kept = *static_cast<std::string*>(said);
  if (kept.size() + text.size() > kMaxSaid) return;
  if (!kept.empty()) kept.append(" ");
  kept.append(text);
}

// Token plug-ins are shared objects that the library would load because a header names them.
void prepare_library() {
  static const bool once = [] {
    crypt_set_debug_level(CRYPT_DEBUG_NONE);
    crypt_set_log_callback(nullptr, keep, nullptr);
    crypt_token_external_disable();
    return true;
  }();
  static_cast<void>(once);
}

Code code_of_cryptsetup(int result) {
  switch (-result) {
    case EPERM: return Code::unauthenticated;  // no keyslot opens with the passphrase
    case ENOENT:
    case ENODEV: return Code::not_found;
    case EBUSY:
    case EEXIST: return Code::conflict;
    case ENOSPC: return Code::storage_full;
    case EINVAL: return Code::invalid_request;
    case ENOTSUP: return Code::wrong_state;
    default: return Code::storage_failed;
  }
}

}  // namespace

void CryptDevice::Free::operator()(crypt_device* device) const noexcept { crypt_free(device); }

CryptDevice::CryptDevice(crypt_device* device) : device_(device), said_(std::make_unique<std::string>()) {
  crypt_set_log_callback(device, keep, said_.get());
}
CryptDevice::CryptDevice(CryptDevice&&) noexcept = default;
CryptDevice& CryptDevice::operator=(CryptDevice&&) noexcept = default;
CryptDevice::~CryptDevice() = default;

Result<CryptDevice> CryptDevice::of_path(const std::filesystem::path& device) {
  prepare_library();
  crypt_device* made = nullptr;
  if (const int result = crypt_init(&made, device.c_str()); result < 0)
    return fail(code_of_cryptsetup(result),
                fmt::format("{}: {}", device.string(), std::error_code(-result, std::generic_category()).message()));
  return CryptDevice(made);
}

Result<CryptDevice> CryptDevice::of_name(const std::string& name) {
  prepare_library();
  crypt_device* made = nullptr;
  if (const int result = crypt_init_by_name(&made, name.c_str()); result < 0)
    return fail(code_of_cryptsetup(result), fmt::format("no active volume {}", name));
  return CryptDevice(made);
}

Error CryptDevice::error(std::string_view doing, int result) const {
  std::string detail = fmt::format("{}: {}", doing, std::error_code(-result, std::generic_category()).message());
  if (!said_->empty()) detail += fmt::format(" ({})", *said_);
  said_->clear();
  return Error{.code = code_of_cryptsetup(result), .detail = std::move(detail)};
}

Status CryptDevice::check(std::string_view doing, int result) const {
  if (result < 0) return fail(error(doing, result));
  said_->clear();
  return {};
}

}  // namespace kaito::luks
