#include "appliance/base/time.hpp"

#include <fmt/format.h>

#include <charconv>
#include <span>

namespace kaito {

TimePoint SystemClock::now() const noexcept {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}
SteadyPoint SystemClock::steady_now() const noexcept { return std::chrono::steady_clock::now(); }

namespace {

// The last digits of `value` over "0000"; a code read writes several times, and a formatting library takes ten times as
// long.
void put_digits(std::span<char> out, std::int64_t value) noexcept {
  for (std::size_t at = out.size(); at-- > 0; value /= 10) out[at] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string to_rfc3339(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  const int year = static_cast<int>(date.year());
  std::string text = "0000-00-00T00:00:00.000Z";
  const std::span<char> out(text);
  put_digits(out.subspan(5, 2), static_cast<unsigned>(date.month()));
  put_digits(out.subspan(8, 2), static_cast<unsigned>(date.day()));
  put_digits(out.subspan(11, 2), clock.hours().count());
  put_digits(out.subspan(14, 2), clock.minutes().count());
  put_digits(out.subspan(17, 2), clock.seconds().count());
  put_digits(out.subspan(20, 3), clock.subseconds().count());
  if (year < 0 || year > 9999) return fmt::format("{:04}{}", year, text.substr(4));
  put_digits(out.first(4), year);
  return text;
}

Result<TimePoint> from_rfc3339(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  const bool with_fraction = text.size() == 24;
  if (text.size() != 20 && !with_fraction) return fail(Code::invalid_request, "not an RFC 3339 time in UTC");
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != kShape[i])
      return fail(Code::invalid_request, "not an RFC 3339 time in UTC");
  }
  const auto number = [text](std::size_t at, std::size_t count) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + count, value);
    return value;
  };
  int fraction = 0;
  if (with_fraction) {
    const auto [end, error] = std::from_chars(text.data() + 20, text.data() + 23, fraction);
    // from_chars takes a sign; a fraction has none.
    if (text[19] != '.' || text[20] == '-' || error != std::errc{} || end != text.data() + 23)
      return fail(Code::invalid_request, "not an RFC 3339 time in UTC");
  }
  const std::chrono::year_month_day date{std::chrono::year{number(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                         std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  const int second = number(17, 2);
  if (text.back() != 'Z' || !date.ok() || hour > 23 || minute > 59 || second > 59)
    return fail(Code::invalid_request, "not an RFC 3339 time in UTC");
  return TimePoint{std::chrono::sys_days{date}} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         Seconds{second} + Milliseconds{fraction};
}

}  // namespace kaito
