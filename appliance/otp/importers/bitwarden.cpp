#include "appliance/otp/importers/bitwarden.hpp"

#include <fmt/format.h>

#include <array>

#include "appliance/otp/import_collector.hpp"
#include "appliance/otp/importers/backup_cipher.hpp"
#include "appliance/otp/importers/group_names.hpp"
#include "appliance/otp/importers/secret_json.hpp"
#include "appliance/otp/otpauth_uri.hpp"

namespace kaito::otp {
namespace {

namespace json = boost::json;

constexpr std::string_view kSteamScheme = "steam://";

// kdfType
constexpr std::uint64_t kPbkdf2 = 0;
constexpr std::uint64_t kArgon2id = 1;

Result<BackupKey> derive_key(const JsonFields& file, const Passphrase& password) {
  KAITO_TRY(const std::string_view salt, file.text("salt"));
  KAITO_TRY(const auto type, file.number("kdfType"));
  KAITO_TRY(const auto iterations, file.number("kdfIterations"));
  KAITO_TRY(const auto memory, file.number("kdfMemory"));
  KAITO_TRY(const auto lanes, file.number("kdfParallelism"));
  // The salt is base64, but Bitwarden uses its characters, not what they decode to.
  if (type == kPbkdf2) return derive_pbkdf2(password, as_bytes(salt), iterations.value_or(0));
  if (type == kArgon2id) {
    const Argon2Cost cost{
        .iterations = iterations.value_or(0), .memory_mib = memory.value_or(0), .lanes = lanes.value_or(0)};
    return derive_argon2id(password, sha256(as_bytes(salt)), cost);
  }
  return fail_invalid("kdfType", "is not known");
}

struct StretchedKey {
  BackupKey encryption;
  BackupKey authentication;
};

Result<StretchedKey> stretch(const BackupKey& key) {
  StretchedKey stretched;
  KAITO_TRY(stretched.encryption, expand_key(key, "enc"));
  KAITO_TRY(stretched.authentication, expand_key(key, "mac"));
  return stretched;
}

// "2.iv|ciphertext|mac", each base64. Nothing inside when the MAC does not match.
Result<std::optional<WipedBytes>> open_string(std::string_view text, const StretchedKey& key) {
  if (!text.starts_with("2.")) return fail_invalid("content", "has encrypted text of an unknown type");
  text.remove_prefix(2);
  std::array<Bytes, 3> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = text.find('|');
    auto bytes = from_base64(text.substr(0, end));
    if ((end == std::string_view::npos) != (i == 2) || !bytes)
      return fail_invalid("content", "has malformed encrypted text");
    parts.at(i) = *std::move(bytes);
    text.remove_prefix(std::min(end, text.size() - 1) + 1);
  }
  return open_cbc_hmac(key.encryption, key.authentication, parts[0], parts[1], parts[2]);
}

Result<WipedBytes> open_export(const JsonFields& file, const Passphrase* password) {
  if (!file.is_true("passwordProtected"))
    return fail_invalid("content", "can be read by the exporting account only: export as .json, or with a password");
  if (password == nullptr) return fail_invalid("password", "is needed: the file is encrypted");
  auto derived = derive_key(file, *password);
  if (!derived) return fail_invalid("content", "has key derivation parameters that are malformed or out of bounds");
  KAITO_TRY(const StretchedKey key, stretch(*derived));
  KAITO_TRY(const std::string_view probe, file.text("encKeyValidation_DO_NOT_EDIT"));
  KAITO_TRY(const auto opened_probe, open_string(probe, key));
  if (!opened_probe) return fail_invalid("password", "is wrong");
  KAITO_TRY(const std::string_view data, file.text("data"));
  KAITO_TRY(auto plain, open_string(data, key));
  if (!plain) return fail_invalid("content", "is damaged: the password fits, the content does not");
  return *std::move(plain);
}

// What stands in login.totp: an otpauth URI, steam://secret, or a bare secret.
Status read_totp(std::string_view totp, EntryDraft& draft) {
  if (is_otpauth_uri(totp)) return read_otpauth_uri(totp, draft);
  if (equals_ignoring_case(totp.substr(0, kSteamScheme.size()), kSteamScheme)) {
    draft.mark_steam();
    totp.remove_prefix(kSteamScheme.size());
  }
  return draft.set_secret_base32(totp);
}

// An item's own names stand in where the URI has none.
Status read_item(const JsonFields& item, const JsonFields& login, const GroupNames& folders, EntryDraft& draft) {
  KAITO_TRY(const std::string_view totp, login.text("totp"));
  const Status read = read_totp(totp, draft);
  KAITO_TRY(const std::string_view name, item.text("name"));
  if (draft.issuer().empty()) KAITO_CHECK(draft.set_issuer(name));
  KAITO_TRY(const std::string_view user, login.text("username"));
  if (draft.account().empty()) KAITO_CHECK(draft.set_account(user));
  if (item.says("deletedDate")) draft.note("is in Bitwarden's trash");
  if (item.says("folderId")) draft.note(folders.note("folder", item.text("folderId").value_or("")));
  return read;
}

Result<ParsedImport> read_vault(const json::object& object) {
  const JsonFields vault(object);
  const json::array* items = vault.array("items");
  if (items == nullptr) return fail_invalid("content", "has no list of items");
  const GroupNames folders(vault.array("folders"), "id");
  ImportCollector collector(Format::bitwarden);
  std::size_t others = 0;
  for (const auto& element : *items) {
    EntryDraft draft;
    const auto* item = element.if_object();
    const json::object* login = item == nullptr ? nullptr : JsonFields(*item).object("login");
    if (item != nullptr && (login == nullptr || !JsonFields(*login).says("totp"))) {
      ++others;
      continue;
    }
    const Status read = item == nullptr ? Status(fail_invalid("entry", "is not an object"))
                                        : read_item(JsonFields(*item), JsonFields(*login), folders, draft);
    KAITO_CHECK(collector.add(std::move(draft), read));
  }
  if (others > 0) collector.note(fmt::format("items without a TOTP secret, not imported: {}", others));
  return std::move(collector).finish();
}

}  // namespace

bool is_bitwarden(const json::object& root) noexcept {
  return root.contains("encrypted") && (root.contains("items") || root.contains("data"));
}

Result<ParsedImport> read_bitwarden(const json::object& root, const Passphrase* password) {
  const JsonFields file(root);
  if (!file.is_true("encrypted")) return read_vault(root);
  KAITO_TRY(const WipedBytes plain, open_export(file, password));
  KAITO_TRY(const json::value tree, parse_secret_json(as_text(plain)));
  if (!tree.is_object()) return fail_invalid("content", "is not a Bitwarden vault");
  return read_vault(tree.get_object());
}

}  // namespace kaito::otp
