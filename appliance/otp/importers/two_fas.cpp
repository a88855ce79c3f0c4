#include "appliance/otp/importers/two_fas.hpp"

#include <fmt/format.h>

#include <array>

#include "appliance/otp/import_collector.hpp"
#include "appliance/otp/importers/backup_cipher.hpp"
#include "appliance/otp/importers/group_names.hpp"
#include "appliance/otp/importers/secret_json.hpp"

namespace kaito::otp {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kMaxSchemaVersion = 4;
constexpr std::uint64_t kIterations = 10'000;
constexpr std::size_t kMaxTwoFasSalt = 1024;

// The service's name is what the user sees; issuer and account are what the service said.
Status read_names(const JsonFields& service, const JsonFields& otp, EntryDraft& draft) {
  KAITO_TRY(const std::string_view name, service.text("name"));
  KAITO_TRY(const std::string_view issuer, otp.text("issuer"));
  KAITO_TRY(const std::string_view account, otp.text("account"));
  KAITO_TRY(const std::string_view label, otp.text("label"));
  const Label names = account.empty() ? split_label(label) : Label{.issuer = {}, .account = account};
  KAITO_CHECK(draft.set_names(names, issuer.empty() ? name : issuer));
  if (!issuer.empty() && !name.empty() && name != issuer) draft.note(left_out_note("name in 2FAS", name));
  return {};
}

Status read_service(const json::value& element, const GroupNames& groups, EntryDraft& draft) {
  const auto* object = element.if_object();
  if (object == nullptr) return fail_invalid("entry", "is not an object");
  const JsonFields service(*object);
  const json::object* otp_object = service.object("otp");
  if (otp_object == nullptr) return fail_invalid("otp", "is missing");
  const JsonFields otp(*otp_object);
  KAITO_CHECK(read_names(service, otp, draft));
  KAITO_TRY(const std::string_view type, otp.text("tokenType"));
  if (type.empty())
    draft.note("the file does not say the type; taken as totp");
  else
    KAITO_CHECK(draft.set_type(type));
  KAITO_TRY(const std::string_view algorithm, otp.text("algorithm"));
  if (!algorithm.empty()) KAITO_CHECK(draft.set_algorithm(algorithm));
  KAITO_CHECK(draft.set_numbers(otp.number("digits"), otp.number("period"), otp.number("counter")));
  if (service.says("groupId")) draft.note(groups.note("group", service.text("groupId").value_or("")));
  KAITO_TRY(const std::string_view secret, service.text("secret"));
  return draft.set_secret_base32(secret);
}

Status read_services(const json::array& services, const GroupNames& groups, ImportCollector& collector) {
  for (const auto& element : services) {
    EntryDraft draft;
    const Status read = read_service(element, groups, draft);
    KAITO_CHECK(collector.add(std::move(draft), read));
  }
  return {};
}

// base64(ciphertext ‖ tag) : base64(salt) : base64(nonce), decrypted: a JSON array of services.
Result<WipedBytes> open_services(std::string_view sealed, const Passphrase* password) {
  if (password == nullptr) return fail_invalid("password", "is needed: the file is encrypted");
  std::array<Bytes, 3> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = sealed.find(':');
    if ((end == std::string_view::npos) != (i == 2)) return fail_invalid("content", "has malformed servicesEncrypted");
    auto bytes = from_base64(sealed.substr(0, end));
    if (!bytes) return fail_invalid("content", "has servicesEncrypted that is not base64");
    parts.at(i) = *std::move(bytes);
    sealed.remove_prefix(std::min(end, sealed.size() - 1) + 1);
  }
  const auto& [data, salt, nonce] = parts;
  if (data.size() < kGcmTagBytes || salt.size() > kMaxTwoFasSalt)
    return fail_invalid("content", "has malformed servicesEncrypted");
  KAITO_TRY(const BackupKey key, derive_pbkdf2(*password, salt, kIterations));
  const ByteView sealed_bytes(data);
  auto plain = open_gcm(key, nonce, sealed_bytes.first(data.size() - kGcmTagBytes), sealed_bytes.last(kGcmTagBytes));
  if (!plain) return fail_invalid("password", "is wrong, or the file is damaged");
  return *std::move(plain);
}

}  // namespace

bool is_two_fas(const json::object& root) noexcept {
  return root.contains("services") && (root.contains("schemaVersion") || root.contains("servicesEncrypted"));
}

Result<ParsedImport> read_two_fas(const json::object& root, const Passphrase* password) {
  const JsonFields file(root);
  KAITO_TRY(const auto version, file.number("schemaVersion"));
  if (version.value_or(1) > kMaxSchemaVersion)
    return fail_invalid("content", fmt::format("has schema version {}, which is not supported", *version));
  const GroupNames groups(file.array("groups"), "id");
  ImportCollector collector(Format::two_fas);
  const json::array* services = file.array("services");
  if (services == nullptr) return fail_invalid("content", "has no list of services");
  KAITO_CHECK(read_services(*services, groups, collector));
  if (file.says("servicesEncrypted")) {
    KAITO_TRY(const std::string_view sealed, file.text("servicesEncrypted"));
    KAITO_TRY(const WipedBytes plain, open_services(sealed, password));
    KAITO_TRY(const json::value tree, parse_secret_json(as_text(plain)));
    if (!tree.is_array()) return fail_invalid("content", "has services that are not a list");
    KAITO_CHECK(read_services(tree.get_array(), groups, collector));
  }
  return std::move(collector).finish();
}

}  // namespace kaito::otp
