// An opened security key: owns libfido2's handle and closes it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "appliance/base/result.hpp"

struct fido_dev;
struct fido_dev_io;

namespace kaito::fido_client {

struct DeviceInfo {
  std::string path;          // /dev/hidrawN
  std::string manufacturer;  // as the device says; for people
  std::string product;
};

// Security keys that are plugged in now, at most 16. An empty list is no error.
Result<std::vector<DeviceInfo>> list_devices();

// Not thread-safe: one ceremony at a time.
class FidoDevice {
 public:
  static Result<FidoDevice> open(const std::string& path);
  // Over other I/O functions than the kernel's hidraw; `path` is what `io.open` understands.
  static Result<FidoDevice> open(const std::string& path, const fido_dev_io& io);
  // The only key that is plugged in. Errors say what to do when there is none or more than one.
  static Result<FidoDevice> open_only();

  [[nodiscard]] fido_dev* get() const noexcept { return device_.get(); }

 private:
  // Closes the device, then frees it.
  struct Close {
    void operator()(fido_dev* device) const noexcept;
  };
  using Handle = std::unique_ptr<fido_dev, Close>;
  explicit FidoDevice(Handle device) : device_(std::move(device)) {}
  static Result<FidoDevice> open(Handle device, const std::string& path);

  Handle device_;
};

}  // namespace kaito::fido_client
