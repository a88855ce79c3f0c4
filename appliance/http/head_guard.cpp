#include "appliance/http/head_guard.hpp"

#include <charconv>

#include "appliance/http/ascii.hpp"
#include "appliance/http/host_field.hpp"
#include "appliance/http/target.hpp"

namespace kaito::http {
namespace {

using MaybeRefusal = std::optional<Refusal>;

MaybeRefusal bad(std::string_view reason) noexcept { return Refusal{400, reason}; }

// Lists by RFC 9110 §5.3; every other known field has one value, and two of it are two readings.
bool may_repeat(HeaderName name) noexcept {
  return name == HeaderName::accept || name == HeaderName::connection || name == HeaderName::if_none_match ||
         name == HeaderName::x_forwarded_for;
}

MaybeRefusal check_duplicates(const RequestHead& head) noexcept {
  std::uint32_t seen = 0;
  for (const HeaderField& field : head.fields()) {
    if (field.known == HeaderName::unknown || may_repeat(field.known)) continue;
    const std::uint32_t bit = 1U << static_cast<unsigned>(field.known);
    if (seen & bit) return bad("has a header twice that may be there once");
    seen |= bit;
  }
  return std::nullopt;
}

MaybeRefusal check_framing(RequestHead& head) noexcept {
  if (const auto coding = head.header(HeaderName::transfer_encoding)) {
    if (head.has(HeaderName::content_length)) return bad("has both Content-Length and Transfer-Encoding");
    if (head.version < 11 || !equals_ignoring_case(*coding, "chunked")) return bad("has a bad Transfer-Encoding");
    return Refusal{411, "has a chunked body; send Content-Length"};
  }
  if (const auto length = head.header(HeaderName::content_length)) {
    const auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), head.content_length);
    const bool plain = !length->empty() && is_digit(length->front()) && (length->size() == 1 || length->front() != '0');
    if (!plain || error != std::errc{} || end != length->data() + length->size())
      return bad("has a bad Content-Length");
  }
  if (head.content_length > 0 && (head.method == Method::get || head.method == Method::head))
    return bad("has a body that its method does not take");
  return std::nullopt;
}

MaybeRefusal check_method(const RequestHead& head) noexcept {
  if (head.version != 11) return Refusal{505, "is not HTTP/1.1"};
  if (head.method_text == "CONNECT" || head.method_text == "TRACE")
    return Refusal{405, "has a method that is never served"};
  return std::nullopt;
}

MaybeRefusal check_host(const RequestHead& head, const HeadPolicy& policy) noexcept {
  const auto value = head.header(HeaderName::host);
  if (!value) return bad("has no Host");
  const auto host = host_of(*value);
  if (!host) return bad("has a bad Host");
  if (policy.hosts.empty()) return std::nullopt;
  for (const std::string& served : policy.hosts)
    if (equals_ignoring_case(served, *host)) return std::nullopt;
  return Refusal{421, "has a Host that is not served here"};
}

bool has_token(std::string_view list, std::string_view wanted) noexcept {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view token = list.substr(0, comma);
    while (!token.empty() && (token.front() == ' ' || token.front() == '\t')) token.remove_prefix(1);
    while (!token.empty() && (token.back() == ' ' || token.back() == '\t')) token.remove_suffix(1);
    if (equals_ignoring_case(token, wanted)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

MaybeRefusal check_connection(RequestHead& head) noexcept {
  if (head.has(HeaderName::upgrade)) return bad("asks for an upgrade");
  if (head.has(HeaderName::content_encoding)) return Refusal{415, "has a Content-Encoding; send the body as it is"};
  for (const HeaderField& field : head.fields())
    if (field.known == HeaderName::connection && has_token(field.value, "close")) head.keep_alive = false;
  if (const auto expect = head.header(HeaderName::expect)) {
    if (!equals_ignoring_case(*expect, "100-continue")) return Refusal{417, "has an unknown Expect"};
    head.expects_continue = head.content_length > 0;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> check_head(RequestHead& head, const HeadPolicy& policy) noexcept {
  if (auto refusal = check_duplicates(head)) return refusal;
  if (auto refusal = check_framing(head)) return refusal;
  if (auto refusal = check_method(head)) return refusal;
  if (auto refusal = check_host(head, policy)) return refusal;
  const auto target = split_target(head.target);
  if (!target) return target.error();
  head.path = target->path;
  head.query = target->query;
  return check_connection(head);
}

}  // namespace kaito::http
