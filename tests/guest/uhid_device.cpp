#include "tests/guest/uhid_device.hpp"

#include <fcntl.h>
#include <linux/uhid.h>
#include <poll.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "appliance/base/file.hpp"

namespace kaito::test {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kUntilThere{60};  // a guest without hardware acceleration, under load
constexpr int kLookAgainMs = 20;
constexpr std::size_t kMaxUevent = 4096;

// Usage page FIDO Alliance, usage CTAPHID: 64 bytes in, 64 bytes out (CTAP 2.1 §11.2.8.2).
constexpr std::array<std::uint8_t, 34> kReportDescriptor{
    0x06, 0xd0, 0xf1, 0x09, 0x01, 0xa1, 0x01, 0x09, 0x20, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95,
    0x40, 0x81, 0x02, 0x09, 0x21, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x91, 0x02, 0xc0};

std::unexpected<Error> system_error(Code code, std::string_view what) {
  return fail(code, fmt::format("{}: {}", what, std::strerror(errno)));
}

Status send(int fd, const uhid_event& event) {
  if (::write(fd, &event, sizeof event) != static_cast<ssize_t>(sizeof event))
    return system_error(Code::connection_failed, "write /dev/uhid");
  return {};
}

// The hidraw device below the HID device that has this serial number; empty as long as there is none.
std::string find_hidraw(const std::string& serial) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/sys/class/hidraw", ignored)) {
    const auto known = read_file(entry.path() / "device" / "uevent", kMaxUevent);
    const fs::path node = fs::path("/dev") / entry.path().filename();
    if (known && known->find("HID_UNIQ=" + serial + "\n") != std::string::npos && fs::exists(node, ignored))
      return node;
  }
  return {};
}

// A report of the host, which may carry the report id 0 ahead.
std::optional<Report> report_of(const uhid_output_req& output) {
  if (output.rtype != UHID_OUTPUT_REPORT || output.size < kReportBytes) return std::nullopt;
  Report report{};
  std::copy_n(output.data + (output.size - kReportBytes), kReportBytes, report.begin());
  return report;
}

}  // namespace

Result<UhidDevice> UhidDevice::plug_in(const std::string& name) {
  UhidDevice device(UniqueFd(::open("/dev/uhid", O_RDWR | O_CLOEXEC)));
  if (!device.fd_) return system_error(Code::not_found, "/dev/uhid");
  const std::string serial = fmt::format("{}-{}", name, ::getpid());
  uhid_event event{};
  event.type = UHID_CREATE2;
  auto& create = event.u.create2;
  if (serial.size() >= sizeof create.uniq) return fail_invalid("name", "is too long");
  std::memcpy(create.name, "Kaito soft key", 15);
  std::memcpy(create.uniq, serial.c_str(), serial.size() + 1);
  std::ranges::copy(kReportDescriptor, create.rd_data);
  create.rd_size = kReportDescriptor.size();
  create.bus = BUS_USB;
  create.vendor = 0x6b61;
  create.product = 0x746f;
  KAITO_CHECK(send(device.fd_.get(), event));
  const auto until = std::chrono::steady_clock::now() + kUntilThere;
  while ((device.path_ = find_hidraw(serial)).empty()) {
    if (std::chrono::steady_clock::now() >= until)
      return fail(Code::deadline_exceeded, "the kernel made no hidraw device");
    ::poll(nullptr, 0, kLookAgainMs);
  }
  return device;
}

Status UhidDevice::answer(CtapHid& key, const std::function<Status()>& before_answer) const {
  for (bool first = true; const auto report = key.next_report(); first = false) {
    if (first) KAITO_CHECK(before_answer());
    uhid_event event{};
    event.type = UHID_INPUT2;
    event.u.input2.size = kReportBytes;
    std::ranges::copy(*report, event.u.input2.data);
    KAITO_CHECK(send(fd_.get(), event));
  }
  return {};
}

Status UhidDevice::serve(CtapHid& key, const std::function<Status()>& before_answer) {
  while (true) {
    uhid_event event{};
    const ssize_t count = ::read(fd_.get(), &event, sizeof event);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return system_error(Code::connection_failed, "read /dev/uhid");
    if (event.type == UHID_STOP) return {};
    if (event.type != UHID_OUTPUT) continue;
    if (const auto report = report_of(event.u.output)) {
      key.receive(*report);
      KAITO_CHECK(answer(key, before_answer));
    }
  }
}

}  // namespace kaito::test
