// Owner of libcryptsetup's context for one device. Keeps what the library says of an error; never its debug output, and
// the library puts no secret in the rest.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "appliance/base/result.hpp"
#include "appliance/base/secret.hpp"

struct crypt_device;

namespace kaito::luks {

using VolumeKey = Secret<struct VolumeKeyTag>;  // 64 bytes, with dm-integrity 96

// One thread at a time.
class CryptDevice {
 public:
  // A block device or a regular file that exists. Nothing is read yet.
  static Result<CryptDevice> of_path(const std::filesystem::path& device);
  // The one behind an active mapping. Code::not_found when there is none of that name.
  static Result<CryptDevice> of_name(const std::string& name);

  CryptDevice(CryptDevice&&) noexcept;
  CryptDevice& operator=(CryptDevice&&) noexcept;
  CryptDevice(const CryptDevice&) = delete;
  CryptDevice& operator=(const CryptDevice&) = delete;
  ~CryptDevice();

  [[nodiscard]] crypt_device* get() const noexcept { return device_.get(); }
  // The error of a call that gave `result` (a negative errno), with what the library said.
  [[nodiscard]] Error error(std::string_view doing, int result) const;
  // An error when `result` is negative.
  [[nodiscard]] Status check(std::string_view doing, int result) const;

 private:
  struct Free {
    void operator()(crypt_device* device) const noexcept;
  };
  explicit CryptDevice(crypt_device* device);

  std::unique_ptr<crypt_device, Free> device_;
  std::unique_ptr<std::string> said_;  // its address is the library's
};

// For char pointers of the library; the bytes stay where they are.
inline const char* chars(ByteView bytes) noexcept { return reinterpret_cast<const char*>(bytes.data()); }

}  // namespace kaito::luks
