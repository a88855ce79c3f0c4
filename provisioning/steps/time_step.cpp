#include <fmt/ranges.h>

#include "appliance/base/file.hpp"
#include "provisioning/program.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

// What chronyd reads, NTS (RFC 8915) only: an attacker on the network who sets the clock back makes old codes good.
std::string chrony_config(const std::vector<std::string>& servers) {
  std::string text = "# Written by kaito-boot ceremony.\n";
  for (const auto& server : servers) text += fmt::format("server {} iburst nts\n", server);
  // With three sources, two must agree before the clock is set.
  if (servers.size() >= 3) text += "minsources 2\n";
  return text + "authselectmode require\n";
}

class TimeStep final : public Step {
 public:
  explicit TimeStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "time"; }
  [[nodiscard]] std::string intent() const override {
    return fmt::format("This step gives chrony the NTS servers {}.", fmt::join(session_.plan.nts_servers, ", "));
  }
  [[nodiscard]] bool wanted() const override { return !session_.plan.nts_servers.empty(); }
  Result<Facts> run() override {
    const auto& file = session_.places.chrony_config;
    std::error_code ignored;
    if (!std::filesystem::is_directory(file.parent_path(), ignored))
      return fail(Code::configuration,
                  fmt::format("time: chrony is not installed ({} is missing); apt-get install chrony",
                              file.parent_path().string()));
    KAITO_CHECK(write_file_atomically(file, as_bytes(chrony_config(session_.plan.nts_servers)), 0644));
    // -p: chronyd reads its whole configuration, prints it and ends.
    if (auto valid = must_run({"chronyd", "-p"}); !valid) {
      std::filesystem::remove(file, ignored);
      return fail(std::move(valid).error().within("time: chrony refuses these servers"));
    }
    if (std::filesystem::exists("/run/systemd/system", ignored))
      KAITO_CHECK(must_run({"systemctl", "try-restart", "chrony.service"}));
    return Facts{{"nts_servers", fmt::format("{}", fmt::join(session_.plan.nts_servers, " "))},
                 {"file", file.string()}};
  }

 private:
  Session& session_;
};

}  // namespace

std::unique_ptr<Step> time_step(Session& session) { return std::make_unique<TimeStep>(session); }

}  // namespace kaito::provisioning
