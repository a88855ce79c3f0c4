#include "appliance/base/log.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>

#include "appliance/base/json_text.hpp"

namespace kaito {
namespace {

constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 4> kPriorities{"<7>", "<6>", "<4>", "<3>"};  // syslog(3), as sd-daemon(3) reads

}  // namespace

void LogField::append_to(JsonObjectWriter& writer) const {
  switch (kind_) {
    case Kind::text: writer.text(key_, text_); return;
    case Kind::number: writer.number(key_, number_); return;
    case Kind::boolean: writer.boolean(key_, number_ != 0); return;
  }
}

StderrSink::StderrSink() : journal_(std::getenv("JOURNAL_STREAM") != nullptr) {}

void StderrSink::write(LogLevel level, std::string_view line) {
  std::string text;
  text.reserve(line.size() + 4);
  if (journal_) text += kPriorities[static_cast<std::size_t>(level)];
  text += line;
  text.push_back('\n');
  // A log line that cannot be written is lost: logging must never stop the service.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

void Logger::log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < lowest_) return;
  std::string line;
  JsonObjectWriter writer(line);
  writer.text("time", to_rfc3339(clock_.now()));
  writer.text("level", kNames[static_cast<std::size_t>(level)]);
  writer.text("event", event);
  for (const auto& field : fields) field.append_to(writer);
  writer.close();
  sink_.write(level, line);
}

}  // namespace kaito
