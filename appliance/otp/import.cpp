#include "appliance/otp/import.hpp"

#include <fmt/format.h>

#include <boost/json/value.hpp>

#include "appliance/otp/importers/aegis.hpp"
#include "appliance/otp/importers/bitwarden.hpp"
#include "appliance/otp/importers/google_migration.hpp"
#include "appliance/otp/importers/secret_json.hpp"
#include "appliance/otp/importers/two_fas.hpp"
#include "appliance/otp/importers/two_fauth.hpp"
#include "appliance/otp/importers/uri_list.hpp"
#include "appliance/otp/otpauth_uri.hpp"

namespace kaito::otp {
namespace {

namespace json = boost::json;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlank = " \t\r\n";

std::string_view without_mark(std::string_view content) noexcept {
  if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
  return content;
}

bool is_json(std::string_view content) noexcept {
  const std::size_t start = content.find_first_not_of(kBlank);
  return start != std::string_view::npos && (content[start] == '{' || content[start] == '[');
}

std::optional<Format> format_of_uri(std::string_view uri) noexcept {
  if (is_migration_uri(uri)) return Format::google_migration;
  if (is_otpauth_uri(uri)) return Format::otpauth_list;
  return std::nullopt;
}

// The first line that is neither blank nor a comment decides.
std::optional<Format> format_of_lines(std::string_view content) noexcept {
  while (!content.empty()) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    const std::size_t start = content.find_first_not_of(kBlank);
    if (start < end && content[start] != '#') return format_of_uri(content.substr(start));
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return std::nullopt;
}

std::optional<Format> format_of_tree(const json::value& tree) noexcept {
  if (const auto* array = tree.if_array()) {
    const auto* first = array->empty() ? nullptr : array->front().if_string();
    return first == nullptr ? std::nullopt : format_of_uri(std::string_view(first->data(), first->size()));
  }
  const auto* object = tree.if_object();
  if (object == nullptr) return std::nullopt;
  if (is_aegis(*object)) return Format::aegis;
  if (is_two_fas(*object)) return Format::two_fas;
  if (is_two_fauth(*object)) return Format::two_fauth;
  if (is_bitwarden(*object)) return Format::bitwarden;
  return std::nullopt;
}

std::unexpected<Error> unknown_format() {
  return fail_invalid("format",
                      "is not known: the content is no otpauth list and no export of Google Authenticator, "
                      "Aegis, 2FAS, Bitwarden or 2FAuth");
}

Result<ParsedImport> read_object(const json::object& object, Format format, const Passphrase* password) {
  switch (format) {
    case Format::aegis: return read_aegis(object, password);
    case Format::two_fas: return read_two_fas(object, password);
    case Format::bitwarden: return read_bitwarden(object, password);
    case Format::two_fauth: return read_two_fauth(object);
    case Format::otpauth_list:
    case Format::google_migration: break;
  }
  return fail_invalid("format", fmt::format("is {}, but the content is a JSON object", to_string(format)));
}

Result<ParsedImport> read_json(std::string_view content, const ImportOptions& options) {
  KAITO_TRY(const json::value tree, parse_secret_json(content));
  const auto format = options.format ? options.format : format_of_tree(tree);
  if (!format) return unknown_format();
  if (const auto* object = tree.if_object()) return read_object(*object, *format, options.password);
  if (*format == Format::otpauth_list || *format == Format::google_migration)
    return read_uri_array(tree.get_array(), *format);
  return fail_invalid("format", fmt::format("is {}, but the content is a JSON array", to_string(*format)));
}

Result<ParsedImport> read_text(std::string_view content, const ImportOptions& options) {
  const auto format = options.format ? options.format : format_of_lines(content);
  if (!format) return unknown_format();
  if (*format == Format::otpauth_list || *format == Format::google_migration) return read_uri_lines(content, *format);
  return fail_invalid("format", fmt::format("is {}, but the content is not JSON", to_string(*format)));
}

}  // namespace

Result<Format> detect(std::string_view content) {
  if (content.size() > kMaxImportBytes) return fail_invalid("content", "is larger than 8 MiB");
  content = without_mark(content);
  std::optional<Format> format;
  if (is_json(content)) {
    KAITO_TRY(const json::value tree, parse_secret_json(content));
    format = format_of_tree(tree);
  } else {
    format = format_of_lines(content);
  }
  if (!format) return unknown_format();
  return *format;
}

Result<ParsedImport> parse_import(std::string_view content, const ImportOptions& options) {
  if (content.size() > kMaxImportBytes) return fail_invalid("content", "is larger than 8 MiB");
  content = without_mark(content);
  if (content.find_first_not_of(kBlank) == std::string_view::npos) return fail_invalid("content", "is empty");
  return is_json(content) ? read_json(content, options) : read_text(content, options);
}

}  // namespace kaito::otp
