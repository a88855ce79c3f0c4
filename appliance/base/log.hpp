// Structured logging: one JSON object a line, to stderr (journald reads it from there, with its priority). A field
// takes text, numbers, booleans, identifiers and errors; a Secret does not compile.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "appliance/base/ids.hpp"
#include "appliance/base/secret.hpp"

namespace kaito {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

class LogField {
 public:
  LogField(std::string_view key, std::string_view value) : key_(key), text_(value), kind_(Kind::text) {}
  LogField(std::string_view key, const char* value) : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, const std::string& value) : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, bool value) : key_(key), number_(value), kind_(Kind::boolean) {}
  template <std::integral Integer>
    requires(!std::same_as<Integer, bool>)
  LogField(std::string_view key, Integer value)
      : key_(key), number_(static_cast<std::int64_t>(value)), kind_(Kind::number) {}
  LogField(std::string_view key, const Error& error) : key_(key), text_(error.describe()), kind_(Kind::text) {}
  template <class Tag>
  LogField(std::string_view key, const Id<Tag>& id) : key_(key), text_(id.str()), kind_(Kind::text) {}
  template <class Tag>
  LogField(std::string_view, const Secret<Tag>&) = delete;

  void append_to(class JsonObjectWriter& writer) const;

 private:
  enum class Kind : std::uint8_t { text, number, boolean };
  std::string_view key_;
  std::string text_;
  std::int64_t number_ = 0;
  Kind kind_;
};

// Receives finished lines, without the newline. Thread-safe.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(LogLevel level, std::string_view line) = 0;
};

// stderr, one write(2) a line. Puts journald's "<N>" priority before the line when stderr is the journal.
class StderrSink final : public LogSink {
 public:
  StderrSink();
  void write(LogLevel level, std::string_view line) override;

 private:
  bool journal_;
};

// Thread-safe. `event` is a stable, lower-case name with dots: "hsm.worker.restarted".
class Logger {
 public:
  Logger(LogSink& sink, const Clock& clock, LogLevel lowest = LogLevel::info)
      : sink_(sink), clock_(clock), lowest_(lowest) {}
  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::debug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) { log(LogLevel::info, event, fields); }
  void warning(std::string_view event, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::warning, event, fields);
  }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::error, event, fields);
  }

 private:
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
  LogSink& sink_;
  const Clock& clock_;
  LogLevel lowest_;
};

}  // namespace kaito
