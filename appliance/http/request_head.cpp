#include "appliance/http/request_head.hpp"

#include "appliance/http/ascii.hpp"

namespace kaito::http {

std::string_view to_string(Method method) noexcept {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
    case Method::other: break;
  }
  return "other";
}

std::optional<std::string_view> RequestHead::header(std::string_view name) const noexcept {
  for (const HeaderField& field : fields())
    if (equals_ignoring_case(field.name, name)) return field.value;
  return std::nullopt;
}

bool RequestHead::add_field(HeaderName known, std::string_view name, std::string_view value) noexcept {
  if (count_ == kMaxFields) return false;
  if (known != HeaderName::unknown) {
    std::uint8_t& at = known_[static_cast<std::size_t>(known)];
    if (at == kAbsent) at = count_;
  }
  fields_[count_++] = HeaderField{known, name, value};
  return true;
}

void RequestHead::reset() noexcept {
  method = Method::other;
  version = 11;
  method_text = target = path = query = {};
  peer = socket_peer = {};
  id = {};
  content_length = 0;
  tls13 = false;
  keep_alive = true;
  expects_continue = false;
  std::fill_n(fields_.begin(), count_, HeaderField{});
  known_ = none();
  count_ = 0;
}

}  // namespace kaito::http
