#include "appliance/otp/importers/two_fauth.hpp"

#include "appliance/otp/import_collector.hpp"
#include "appliance/otp/importers/secret_json.hpp"
#include "appliance/otp/otpauth_uri.hpp"

namespace kaito::otp {
namespace {

namespace json = boost::json;

Status read_account(const json::value& element, EntryDraft& draft) {
  const auto* object = element.if_object();
  if (object == nullptr) return fail_invalid("entry", "is not an object");
  const JsonFields account(*object);
  // The export "as otpauth URIs" has nothing else.
  if (account.contains("uri")) {
    KAITO_TRY(const std::string_view uri, account.text("uri"));
    return read_otpauth_uri(uri, draft);
  }
  KAITO_TRY(const std::string_view service, account.text("service"));
  KAITO_CHECK(draft.set_issuer(service));
  KAITO_TRY(const std::string_view name, account.text("account"));
  KAITO_CHECK(draft.set_account(name));
  KAITO_TRY(const std::string_view type, account.text("otp_type"));
  KAITO_CHECK(draft.set_type(type));
  KAITO_TRY(const std::string_view algorithm, account.text("algorithm"));
  if (!algorithm.empty()) KAITO_CHECK(draft.set_algorithm(algorithm));
  KAITO_CHECK(draft.set_numbers(account.number("digits"), account.number("period"), account.number("counter")));
  if (account.says("icon") || account.says("icon_file")) draft.note("icon not imported");
  KAITO_TRY(const std::string_view secret, account.text("secret"));
  return draft.set_secret_base32(secret);
}

}  // namespace

bool is_two_fauth(const json::object& root) noexcept {
  const auto app = JsonFields(root).text("app");
  return app && app->starts_with("2fauth") && root.contains("data");
}

Result<ParsedImport> read_two_fauth(const json::object& root) {
  const json::array* accounts = JsonFields(root).array("data");
  if (accounts == nullptr) return fail_invalid("content", "has no list of accounts");
  ImportCollector collector(Format::two_fauth);
  for (const auto& element : *accounts) {
    EntryDraft draft;
    const Status read = read_account(element, draft);
    KAITO_CHECK(collector.add(std::move(draft), read));
  }
  return std::move(collector).finish();
}

}  // namespace kaito::otp
