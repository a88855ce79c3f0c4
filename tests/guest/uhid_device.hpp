// A HID device in software, by the kernel's /dev/uhid: for programs that open /dev/hidrawN and know nothing of tests.
#pragma once

#include <functional>
#include <string>

#include "appliance/base/unique_fd.hpp"
#include "tests/fakes/soft_authenticator/ctap_hid.hpp"

namespace kaito::test {

// A FIDO security key's plug. Unplugged when it is destroyed, or the process ends. One thread.
class UhidDevice {
 public:
  // `name` tells it from others that are plugged in, at most 60 characters. Returns once its hidraw device is there.
  // Code::not_found without /dev/uhid (root, and the module uhid), Code::deadline_exceeded when the kernel makes none.
  static Result<UhidDevice> plug_in(const std::string& name);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }  // "/dev/hidrawN"

  // Hands reports to `key` and its answers back. `before_answer` is called ahead of the first report of each answer.
  // Returns when the kernel lets go of the device, or an error when `before_answer` gives one.
  Status serve(CtapHid& key, const std::function<Status()>& before_answer);

 private:
  explicit UhidDevice(UniqueFd fd) : fd_(std::move(fd)) {}
  [[nodiscard]] Status answer(CtapHid& key, const std::function<Status()>& before_answer) const;

  UniqueFd fd_;
  std::string path_;
};

}  // namespace kaito::test
