#include "appliance/cli/commands/rotation_progress.hpp"

#include <thread>

#include "appliance/cli/table.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kBarWidth = 20;
constexpr Milliseconds kPollInterval{500};

std::uint64_t number_at(const json::object& object, std::string_view member) {
  const auto* value = object.if_contains(member);
  boost::system::error_code error;
  return value == nullptr || !value->is_number() ? 0 : value->to_number<std::uint64_t>(error);
}

std::string duration(std::uint64_t seconds) {
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace

std::string progress_line(const json::object& rotation) {
  const std::uint64_t total = number_at(rotation, "total");
  const std::uint64_t done = std::min(number_at(rotation, "done"), total);
  std::string line =
      fmt::format("{} {} -> {}  {}", cell(rotation.if_contains("kind")), number_at(rotation, "from_version"),
                  number_at(rotation, "to_version"), cell(rotation.if_contains("phase")));
  if (total > 0) {
    const auto filled = static_cast<std::uint64_t>(static_cast<double>(done) / static_cast<double>(total) * kBarWidth);
    line += fmt::format("  [{}{}]  {}/{}", std::string(filled, '#'), std::string(kBarWidth - filled, '.'), done, total);
  }
  if (rotation.contains("per_second")) line += fmt::format("  {}/s", number_at(rotation, "per_second"));
  if (rotation.contains("eta_seconds")) line += fmt::format("  {} left", duration(number_at(rotation, "eta_seconds")));
  if (rotation.contains("error")) line += fmt::format("  {}", cell(rotation.if_contains("error")));
  return line;
}

Status follow_rotation(Context& context, const std::string& path) {
  for (;;) {
    KAITO_TRY(const auto rotation, context.call("GET", path));
    const std::string state = text_at(rotation, "state");
    context.terminal().show_progress(state == "running" ? progress_line(rotation.as_object()) : std::string());
    if (state != "running") {
      context.show_record(rotation);
      if (state == "done") return {};
      return fail(Error{.code = Code::conflict, .field = "rotation", .reason = "is " + state});
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace kaito::cli
