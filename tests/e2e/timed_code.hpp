// A code as the API gives it, with its times read.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "appliance/base/time.hpp"
#include "tests/scenario/must.hpp"

namespace kaito::test {

struct TimedCode {
  std::string code;
  TimePoint valid_from;
  TimePoint valid_until;
  TimePoint server_time;
  std::optional<std::string> next_code;

  static TimedCode of(const boost::json::value& json) {
    const auto time = [&json](std::string_view pointer) { return must(from_rfc3339(text_at(json, pointer))); };
    TimedCode timed{.code = text_at(json, "/code"),
                    .valid_from = time("/valid_from"),
                    .valid_until = time("/valid_until"),
                    .server_time = time("/server_time"),
                    .next_code = {}};
    if (const auto* next = json.as_object().if_contains("next_code"); next && next->is_string())
      timed.next_code = std::string(next->get_string());
    return timed;
  }
};

}  // namespace kaito::test
