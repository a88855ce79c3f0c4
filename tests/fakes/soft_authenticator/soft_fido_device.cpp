#include "tests/fakes/soft_authenticator/soft_fido_device.hpp"

#include <map>
#include <memory>
#include <mutex>

#include "tests/fakes/soft_authenticator/ctap_hid.hpp"

namespace kaito::test {
namespace {

// libfido2's open() gets a path and nothing else, so what is plugged in is looked up by path.
struct Bus {
  std::mutex mutex;
  std::map<std::string, SoftAuthenticator*, std::less<>> plugged_in;
  int next = 1;
};

Bus& bus() {
  static Bus instance;
  return instance;
}

void* open_device(const char* path) {
  const std::scoped_lock lock(bus().mutex);
  const auto found = bus().plugged_in.find(std::string_view(path));
  return found == bus().plugged_in.end() ? nullptr : std::make_unique<CtapHid>(*found->second).release();
}

void close_device(void* handle) { const std::unique_ptr<CtapHid> owned(static_cast<CtapHid*>(handle)); }

// The reply is there as soon as the request was written; none means that the key keeps silent: a time-out.
int read_report(void* handle, unsigned char* out, std::size_t size, int /*timeout_ms*/) {
  const auto report = static_cast<CtapHid*>(handle)->next_report();
  if (!report || size != report->size()) return -1;
  std::ranges::copy(*report, out);
  return static_cast<int>(size);
}

int write_report(void* handle, const unsigned char* in, std::size_t size) {
  if (size != kReportBytes + 1) return -1;  // the report id comes first
  Report report{};
  std::copy_n(in + 1, report.size(), report.begin());
  static_cast<CtapHid*>(handle)->receive(report);
  return static_cast<int>(size);
}

}  // namespace

SoftFidoDevice::SoftFidoDevice(SoftAuthenticator& key) {
  const std::scoped_lock lock(bus().mutex);
  path_ = fmt::format("soft:{}", bus().next++);
  bus().plugged_in.emplace(path_, &key);
}

SoftFidoDevice::~SoftFidoDevice() {
  const std::scoped_lock lock(bus().mutex);
  bus().plugged_in.erase(path_);
}

const fido_dev_io_t& SoftFidoDevice::io() noexcept {
  static constexpr fido_dev_io_t kFunctions{open_device, close_device, read_report, write_report};
  return kFunctions;
}

}  // namespace kaito::test
