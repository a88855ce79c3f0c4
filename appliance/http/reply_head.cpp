#include "appliance/http/reply_head.hpp"

#include <charconv>

#include "appliance/base/invariant.hpp"
#include "appliance/http/ascii.hpp"

namespace kaito::http {
namespace {

struct Default {
  std::string_view name;
  std::string_view line;
};

// What every reply carries unless it says otherwise itself. The policy suits an API: nothing in a reply is to be
// rendered, framed, cached or remembered.
constexpr std::array kDefaults{
    Default{"Strict-Transport-Security", "Strict-Transport-Security: max-age=31536000\r\n"},
    Default{"Cache-Control", "Cache-Control: no-store\r\n"},
    Default{"Content-Security-Policy", "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"},
    Default{"X-Content-Type-Options", "X-Content-Type-Options: nosniff\r\n"},
    Default{"Referrer-Policy", "Referrer-Policy: no-referrer\r\n"},
};

std::string_view phrase(std::uint16_t status) noexcept {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "";  // RFC 9112 §4: may be empty
  }
}

class Cursor {
 public:
  explicit Cursor(std::span<std::uint8_t> out) noexcept : begin_(out.data()), at_(out.data()), left_(out.size()) {}

  void text(std::string_view bytes) noexcept {
    KAITO_INVARIANT(bytes.size() <= left_);
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
    left_ -= bytes.size();
  }
  void number(std::uint64_t value) noexcept {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  // A CR or LF here would let whoever chose the value write the rest of the head.
  void header(std::string_view name, std::string_view value) noexcept {
    for (const char c : value) KAITO_INVARIANT(c >= 0x20 && c < 0x7f);
    text(name);
    text(": ");
    text(value);
    text("\r\n");
  }
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

 private:
  std::uint8_t* begin_;
  std::uint8_t* at_;
  std::size_t left_;
};

bool has_header(const Reply& reply, std::string_view name) noexcept {
  return std::any_of(reply.headers.begin(), reply.headers.end(),
                     [name](const ReplyHeader& header) { return equals_ignoring_case(header.name, name); });
}

}  // namespace

bool may_have_body(std::uint16_t status) noexcept { return status != 204 && status != 304; }

std::size_t write_reply_head(std::span<std::uint8_t> out, const Reply& reply, const ReplyContext& context) noexcept {
  KAITO_INVARIANT(reply.status >= 200 && reply.status <= 599);
  Cursor cursor(out.first(kMaxReplyHead));
  cursor.text("HTTP/1.1 ");
  cursor.number(reply.status);
  cursor.text(" ");
  cursor.text(phrase(reply.status));
  cursor.text("\r\nDate: ");
  cursor.text(context.date);
  cursor.text("\r\n");
  if (may_have_body(reply.status)) {
    if (!reply.body.empty()) cursor.header("Content-Type", reply.content_type);
    cursor.text("Content-Length: ");
    cursor.number(reply.body.size());
    cursor.text("\r\n");
  }
  for (const Default& standard : kDefaults)
    if (reply.headers.empty() || !has_header(reply, standard.name)) cursor.text(standard.line);
  if (!context.request.is_nil()) cursor.header("X-Request-Id", context.request.str());
  for (const ReplyHeader& header : reply.headers) cursor.header(header.name, header.value);
  if (!context.keep_alive) cursor.text("Connection: close\r\n");
  cursor.text("\r\n");
  return cursor.size();
}

std::string http_date(std::int64_t unix_seconds) {
  constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds time{Seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

}  // namespace kaito::http
