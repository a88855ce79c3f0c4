#include "appliance/http/head_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "appliance/http/ascii.hpp"
#include "appliance/http/head_scanner.hpp"

namespace kaito::http {
namespace {

namespace beast_http = boost::beast::http;
using beast_http::field;
using BeastError = boost::beast::error_code;

HeaderName known_name(field name) noexcept {
  switch (name) {
    case field::accept: return HeaderName::accept;
    case field::authorization: return HeaderName::authorization;
    case field::connection: return HeaderName::connection;
    case field::content_encoding: return HeaderName::content_encoding;
    case field::content_length: return HeaderName::content_length;
    case field::content_type: return HeaderName::content_type;
    case field::cookie: return HeaderName::cookie;
    case field::expect: return HeaderName::expect;
    case field::host: return HeaderName::host;
    case field::if_none_match: return HeaderName::if_none_match;
    case field::origin: return HeaderName::origin;
    case field::transfer_encoding: return HeaderName::transfer_encoding;
    case field::upgrade: return HeaderName::upgrade;
    case field::user_agent: return HeaderName::user_agent;
    default: return HeaderName::unknown;
  }
}

// Fields that Beast's table of names does not have.
HeaderName other_name(std::string_view name) noexcept {
  if (equals_ignoring_case(name, "sec-fetch-site")) return HeaderName::sec_fetch_site;
  if (equals_ignoring_case(name, "x-forwarded-for")) return HeaderName::x_forwarded_for;
  return HeaderName::unknown;
}

Method method_of(beast_http::verb verb) noexcept {
  switch (verb) {
    case beast_http::verb::get: return Method::get;
    case beast_http::verb::head: return Method::head;
    case beast_http::verb::post: return Method::post;
    case beast_http::verb::put: return Method::put;
    case beast_http::verb::patch: return Method::patch;
    case beast_http::verb::delete_: return Method::del;
    default: return Method::other;
  }
}

// Whether the request line ends in a well-formed version (RFC 9112 §2.3), which then is not 1.0 or 1.1.
bool names_a_version(std::string_view bytes) noexcept {
  const std::string_view line = bytes.substr(0, bytes.find('\r'));
  const std::string_view version = line.substr(line.rfind(' ') + 1);
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
         is_digit(version[7]);
}

std::string_view view(boost::beast::string_view text) noexcept { return {text.data(), text.size()}; }

// Keeps views into the bytes instead of copies.
class HeadCollector final : public beast_http::basic_parser<true> {
 public:
  explicit HeadCollector(RequestHead& head) : head_(head) {
    header_limit(static_cast<std::uint32_t>(kMaxHead));
    body_limit(boost::none);  // the endpoint's limit is known later
  }
  [[nodiscard]] bool too_many_fields() const noexcept { return too_many_fields_; }

 private:
  void on_request_impl(beast_http::verb verb, boost::beast::string_view method, boost::beast::string_view target,
                       int version, BeastError&) override {
    head_.method = method_of(verb);
    head_.method_text = view(method);
    head_.target = view(target);
    head_.version = static_cast<std::uint8_t>(version);
  }
  void on_field_impl(field name, boost::beast::string_view name_text, boost::beast::string_view value,
                     BeastError& ec) override {
    HeaderName known = known_name(name);
    if (name == field::unknown) known = other_name(view(name_text));
    if (head_.add_field(known, view(name_text), view(value))) return;
    too_many_fields_ = true;
    ec = beast_http::error::header_limit;
  }
  void on_response_impl(int, boost::beast::string_view, int, BeastError&) override {}
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, BeastError&) override {}
  std::size_t on_body_impl(boost::beast::string_view, BeastError&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view, BeastError&) override { return 0; }
  void on_finish_impl(BeastError&) override {}

  RequestHead& head_;
  bool too_many_fields_ = false;
};

}  // namespace

std::optional<Refusal> parse_head(std::string_view bytes, RequestHead& head) noexcept {
  HeadCollector collector(head);
  BeastError ec;
  const std::size_t used = collector.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  if (collector.too_many_fields()) return Refusal{431, "has too many headers"};
  if (ec == beast_http::error::bad_version && names_a_version(bytes)) return Refusal{505, "is not HTTP/1.1"};
  if (ec || !collector.is_header_done() || used != bytes.size()) return Refusal{400, "has a malformed head"};
  return std::nullopt;
}

}  // namespace kaito::http
