#include "appliance/auth/webauthn/json_fields.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

namespace kaito::webauthn {
namespace {

constexpr std::size_t kMaxTransports = 16;
constexpr std::size_t kMaxTransportLength = 32;

std::string_view view(const boost::json::string& text) { return {text.data(), text.size()}; }

}  // namespace

Result<JsonFields> JsonFields::of(const boost::json::value& value, std::string path) {
  if (!value.is_object()) return fail_invalid(std::move(path), "must be an object");
  return JsonFields(value.get_object(), std::move(path));
}

const boost::json::value* JsonFields::optional(std::string_view name) const noexcept {
  const boost::json::value* found = object_->if_contains({name.data(), name.size()});
  return found && !found->is_null() ? found : nullptr;
}

Result<JsonFields> JsonFields::object(std::string_view name) const {
  const boost::json::value* found = optional(name);
  if (!found) return fail_invalid(path_of(name), "is missing");
  return of(*found, path_of(name));
}

Result<std::string> JsonFields::text(std::string_view name, std::size_t limit) const {
  const boost::json::value* found = optional(name);
  if (!found) return fail_invalid(path_of(name), "is missing");
  if (!found->is_string()) return fail_invalid(path_of(name), "must be a string");
  if (found->get_string().size() > limit)
    return fail_invalid(path_of(name), fmt::format("must be at most {} bytes long", limit));
  return std::string(view(found->get_string()));
}

Result<Bytes> JsonFields::bytes(std::string_view name, std::size_t limit) const {
  KAITO_TRY(const std::string encoded, text(name, (limit * 4 + 2) / 3));
  auto decoded = from_base64url(encoded);
  if (!decoded) return fail_invalid(path_of(name), "must be base64url without padding");
  if (decoded->empty()) return fail_invalid(path_of(name), "must not be empty");
  return decoded;
}

Status JsonFields::only(std::initializer_list<std::string_view> names) const {
  for (const auto& member : *object_) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::ranges::find(names, name) == names.end()) return fail_invalid(path_of(name), "is not known");
  }
  return {};
}

std::string JsonFields::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

Result<std::vector<std::string>> read_transports(const JsonFields& fields) {
  std::vector<std::string> transports;
  const boost::json::value* found = fields.optional("transports");
  if (!found) return transports;
  const std::string path = fields.path_of("transports");
  if (!found->is_array()) return fail_invalid(path, "must be a list");
  if (found->get_array().size() > kMaxTransports) return fail_invalid(path, "is too long");
  for (const boost::json::value& item : found->get_array()) {
    if (!item.is_string() || item.get_string().size() > kMaxTransportLength)
      return fail_invalid(path, "must hold short strings");
    transports.emplace_back(view(item.get_string()));
  }
  return transports;
}

}  // namespace kaito::webauthn
