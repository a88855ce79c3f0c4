// The head of a request that has passed the guard.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "appliance/base/ids.hpp"
#include "appliance/http/ip_address.hpp"

namespace kaito::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, other };

std::string_view to_string(Method method) noexcept;

// Fields found without a search. Anything else is found by its name.
enum class HeaderName : std::uint8_t {
  accept,
  authorization,
  connection,
  content_encoding,
  content_length,
  content_type,
  cookie,
  expect,
  host,
  if_none_match,
  origin,
  sec_fetch_site,
  transfer_encoding,
  upgrade,
  user_agent,
  x_forwarded_for,
  unknown,  // last: the number of known names
};

struct HeaderField {
  HeaderName known = HeaderName::unknown;
  std::string_view name;   // as the client wrote it
  std::string_view value;  // without surrounding white space; printable ASCII and tabs only
};

// All views point into the connection's buffer: valid until the request's reply has been handed back, then wiped.
class RequestHead {
 public:
  static constexpr std::size_t kMaxFields = 64;

  Method method = Method::other;
  std::uint8_t version = 11;  // 10 or 11; only 11 passes the guard
  std::string_view method_text;
  std::string_view target;  // origin-form, as sent
  std::string_view path;    // up to '?'; has passed the path rules (target.hpp), never decoded
  std::string_view query;   // after '?', still encoded: Query::parse() reads it
  IpAddress peer;           // the client: the socket's peer unless it is a trusted proxy
  IpAddress socket_peer;
  RequestId id;
  std::uint64_t content_length = 0;
  bool tls13 = false;             // else TLS 1.2
  bool keep_alive = true;         // false when the client asked to close
  bool expects_continue = false;  // answered by the first read_body()

  // The value of the only field of this name; nullopt when absent. For names that may be repeated, the first.
  [[nodiscard]] std::optional<std::string_view> header(HeaderName name) const noexcept {
    const std::uint8_t at = known_[static_cast<std::size_t>(name)];
    if (at == kAbsent) return std::nullopt;
    return fields_[at].value;
  }
  // Without regard to case; the first of that name.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
  [[nodiscard]] bool has(HeaderName name) const noexcept { return known_[static_cast<std::size_t>(name)] != kAbsent; }
  [[nodiscard]] std::span<const HeaderField> fields() const noexcept { return {fields_.data(), count_}; }

  // False when kMaxFields are there already.
  bool add_field(HeaderName known, std::string_view name, std::string_view value) noexcept;
  // Back to an empty head; leaves no view behind.
  void reset() noexcept;

 private:
  static constexpr std::uint8_t kAbsent = 0xff;
  static constexpr std::size_t kKnown = static_cast<std::size_t>(HeaderName::unknown);
  static constexpr std::array<std::uint8_t, kKnown> none() noexcept {
    std::array<std::uint8_t, kKnown> array{};
    array.fill(kAbsent);
    return array;
  }
  std::array<HeaderField, kMaxFields> fields_;
  std::array<std::uint8_t, kKnown> known_ = none();
  std::uint8_t count_ = 0;
};

}  // namespace kaito::http
