#include "appliance/otp/importers/uri_list.hpp"

#include <fmt/format.h>

#include "appliance/otp/import_collector.hpp"
#include "appliance/otp/importers/google_migration.hpp"
#include "appliance/otp/otpauth_uri.hpp"

namespace kaito::otp {
namespace {

class UriListReader {
 public:
  explicit UriListReader(Format format) : collector_(format) {}

  Status take(const std::string& where, std::string_view uri) {
    if (is_migration_uri(uri)) return migration_.add(where, uri, collector_);
    EntryDraft draft;
    const Status read = read_otpauth_uri(uri, draft);
    return collector_.add(std::move(draft), read, where);
  }

  Status refuse(const std::string& where, const char* reason) {
    return collector_.add(EntryDraft{}, fail_invalid("entry", reason), where);
  }

  Result<ParsedImport> finish() && {
    KAITO_CHECK(migration_.finish(collector_));
    return std::move(collector_).finish();
  }

 private:
  ImportCollector collector_;
  GoogleMigration migration_;
};

std::string_view trim_line(std::string_view line) noexcept {
  constexpr std::string_view kBlankInLine = " \t\r";
  const std::size_t first = line.find_first_not_of(kBlankInLine);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlankInLine) - first + 1);
}

}  // namespace

Result<ParsedImport> read_uri_lines(std::string_view text, Format format) {
  UriListReader reader(format);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    KAITO_CHECK(reader.take(fmt::format("line {}", number), line));
  }
  return std::move(reader).finish();
}

Result<ParsedImport> read_uri_array(const boost::json::array& array, Format format) {
  UriListReader reader(format);
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::string where = fmt::format("element {}", i + 1);
    if (const auto* uri = array[i].if_string())
      KAITO_CHECK(reader.take(where, trim_line(std::string_view(uri->data(), uri->size()))));
    else
      KAITO_CHECK(reader.refuse(where, "is not a string"));
  }
  return std::move(reader).finish();
}

}  // namespace kaito::otp
