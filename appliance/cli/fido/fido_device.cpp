#include "appliance/cli/fido/fido_device.hpp"

#include <fido.h>

#include "appliance/cli/fido/fido_error.hpp"

namespace kaito::fido_client {
namespace {

constexpr std::size_t kMaxDevices = 16;

struct FreeInfos {
  void operator()(fido_dev_info_t* infos) const noexcept { fido_dev_info_free(&infos, kMaxDevices); }
};

std::string text_or_empty(const char* text) { return text ? text : ""; }

}  // namespace

Result<std::vector<DeviceInfo>> list_devices() {
  fido_init(0);
  const std::unique_ptr<fido_dev_info_t, FreeInfos> infos(fido_dev_info_new(kMaxDevices));
  if (!infos) return fail(Code::internal, "fido_dev_info_new: out of memory");
  std::size_t count = 0;
  if (const int status = fido_dev_info_manifest(infos.get(), kMaxDevices, &count); status != FIDO_OK)
    return fail(fido_error(status, "looking for security keys"));
  std::vector<DeviceInfo> devices;
  for (std::size_t i = 0; i < count; ++i) {
    const fido_dev_info_t* info = fido_dev_info_ptr(infos.get(), i);
    devices.push_back({.path = text_or_empty(fido_dev_info_path(info)),
                       .manufacturer = text_or_empty(fido_dev_info_manufacturer_string(info)),
                       .product = text_or_empty(fido_dev_info_product_string(info))});
  }
  return devices;
}

void FidoDevice::Close::operator()(fido_dev* device) const noexcept {
  fido_dev_close(device);
  fido_dev_free(&device);
}

Result<FidoDevice> FidoDevice::open(Handle device, const std::string& path) {
  if (!device) return fail(Code::internal, "fido_dev_new: out of memory");
  if (const int status = fido_dev_open(device.get(), path.c_str()); status != FIDO_OK)
    return fail(fido_error(status, "opening the security key at " + path));
  return FidoDevice(std::move(device));
}

Result<FidoDevice> FidoDevice::open(const std::string& path) {
  fido_init(0);
  return open(Handle(fido_dev_new()), path);
}

Result<FidoDevice> FidoDevice::open(const std::string& path, const fido_dev_io& io) {
  fido_init(0);
  Handle device(fido_dev_new());
  if (device) {
    if (const int status = fido_dev_set_io_functions(device.get(), &io); status != FIDO_OK)
      return fail(fido_error(status, "setting I/O functions"));
  }
  return open(std::move(device), path);
}

Result<FidoDevice> FidoDevice::open_only() {
  KAITO_TRY(const auto devices, list_devices());
  if (devices.empty())
    return fail(
        Error{.code = Code::not_found,
              .detail = "no security key found: plug one in; on Linux its hidraw device must be readable by you"});
  if (devices.size() > 1)
    return fail(
        Error{.code = Code::conflict,
              .detail = fmt::format("{} security keys are plugged in: leave one, or name one", devices.size())});
  return open(devices.front().path);
}

}  // namespace kaito::fido_client
