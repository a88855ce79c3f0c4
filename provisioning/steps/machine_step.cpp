#include <sys/random.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "appliance/base/file.hpp"
#include "luks/ways/tpm2.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

constexpr long kLeastMemoryMib = 700;  // argon2id, the HSM worker and the daemon side by side
constexpr TimePoint kLastYear = std::chrono::sys_days(std::chrono::year(2100) / 1 / 1);

long memory_mib() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? pages / 1024 * page / 1024 : 0;
}

// PRETTY_NAME of os-release(5).
std::string system_name() {
  constexpr std::string_view kPrettyName = "PRETTY_NAME=\"";
  const auto text = read_file("/etc/os-release", 65536);
  if (!text) return "unknown";
  const auto at = text->find(kPrettyName);
  if (at == std::string::npos) return "unknown";
  const auto begin = at + kPrettyName.size();
  return text->substr(begin, text->find('"', begin) - begin);
}

// No machine is older than the program that runs on it.
Status check_time(const Clock& clock) {
  std::error_code failed;
  const auto written = std::filesystem::last_write_time("/proc/self/exe", failed);
  const auto built = std::chrono::floor<Milliseconds>(std::chrono::file_clock::to_sys(written));
  if (clock.now() >= kLastYear || (!failed && clock.now() < built))
    return fail(Code::wrong_state,
                fmt::format("the clock says {}; set it (date --set, or chrony) and run the ceremony again",
                            to_rfc3339(clock.now())));
  return {};
}

std::string time_source() {
  timex state{};
  const int answer = ::adjtimex(&state);
  return answer == TIME_ERROR || (state.status & STA_UNSYNC) != 0 ? "not synchronised" : "synchronised";
}

class MachineStep final : public Step {
 public:
  explicit MachineStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "machine"; }
  [[nodiscard]] std::string intent() const override {
    return "This step looks at processors, memory, randomness, TPM and clock, and changes nothing.";
  }
  Result<Facts> run() override {
    if (memory_mib() < kLeastMemoryMib)
      return fail(Code::wrong_state,
                  fmt::format("the machine has {} MiB of memory; {} are needed", memory_mib(), kLeastMemoryMib));
    std::array<char, 32> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), GRND_NONBLOCK) != static_cast<ssize_t>(bytes.size()))
      return fail(Code::wrong_state,
                  "the kernel's random generator is not ready yet; wait, and run the ceremony again");
    KAITO_CHECK(check_time(session_.clock));
    const bool tpm = luks::Tpm2::connect(session_.places.tcti).has_value();
    if (!tpm && session_.plan.tpm == TpmUse::required)
      return fail(Code::wrong_state, "the plan requires a TPM 2.0, and none answers at " + session_.places.tcti);
    if (!tpm && session_.plan.mode == UnlockMode::unattended && !session_.plan.hsm.unlock)
      return fail(
          Code::wrong_state,
          "the plan is for an unattended boot, and neither a TPM answers nor an HSM is to unlock the volume: plan "
          "\"mode\": \"attended\", or make the TPM answer at " +
              session_.places.tcti);
    utsname kernel{};
    ::uname(&kernel);
    return Facts{{"system", system_name()},
                 {"kernel", fmt::format("{} {}", kernel.release, kernel.machine)},
                 {"processors", std::to_string(std::thread::hardware_concurrency())},
                 {"memory_mib", std::to_string(memory_mib())},
                 {"tpm2", tpm ? "present" : "none"},
                 {"clock", time_source()}};
  }

 private:
  Session& session_;
};

}  // namespace

std::unique_ptr<Step> machine_step(Session& session) { return std::make_unique<MachineStep>(session); }

}  // namespace kaito::provisioning
