#include "appliance/otp/importers/aegis.hpp"

#include <fmt/format.h>

#include "appliance/otp/import_collector.hpp"
#include "appliance/otp/importers/backup_cipher.hpp"
#include "appliance/otp/importers/group_names.hpp"
#include "appliance/otp/importers/secret_json.hpp"

namespace kaito::otp {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kFileVersion = 1;
constexpr std::uint64_t kMaxContentVersion = 3;
constexpr std::uint64_t kPasswordSlot = 1;
constexpr std::size_t kMaxPasswordSlots = 4;  // each one tried costs a key derivation
constexpr std::size_t kMaxAegisSalt = 64;

Result<Bytes> hex_member(const JsonFields& fields, std::string_view name) {
  KAITO_TRY(const std::string_view text, fields.text(name));
  auto bytes = from_hex(text);
  if (!bytes) return fail_invalid("content", fmt::format("has a {} that is not hex", name));
  return bytes;
}

// {"nonce": hex, "tag": hex}
struct Seal {
  Bytes nonce;
  Bytes tag;
};
Result<Seal> read_seal(const json::object* params) {
  if (params == nullptr) return fail_invalid("content", "lacks the encryption parameters");
  const JsonFields fields(*params);
  Seal seal;
  KAITO_TRY(seal.nonce, hex_member(fields, "nonce"));
  KAITO_TRY(seal.tag, hex_member(fields, "tag"));
  return seal;
}

// The master key when the password opens this slot; nothing when it does not.
Result<std::optional<BackupKey>> open_slot(const JsonFields& slot, const Passphrase& password) {
  KAITO_TRY(const auto n, slot.number("n"));
  KAITO_TRY(const auto r, slot.number("r"));
  KAITO_TRY(const auto p, slot.number("p"));
  KAITO_TRY(const Bytes salt, hex_member(slot, "salt"));
  KAITO_TRY(const Bytes wrapped, hex_member(slot, "key"));
  KAITO_TRY(const Seal seal, read_seal(slot.object("key_params")));
  if (salt.size() > kMaxAegisSalt) return fail_invalid("content", "has a salt that is too long");
  const ScryptCost cost{.n = n.value_or(0), .r = r.value_or(0), .p = p.value_or(0)};
  auto key = derive_scrypt(password, salt, cost);
  if (!key) return fail_invalid("content", "has scrypt parameters out of bounds");
  const auto master = open_gcm(*key, seal.nonce, wrapped, seal.tag);
  if (!master) return std::optional<BackupKey>{};
  return std::optional<BackupKey>{BackupKey::copy_of(ByteView(*master))};
}

Result<BackupKey> open_slots(const json::array& slots, const Passphrase& password, ImportCollector& collector) {
  std::size_t password_slots = 0;
  for (const auto& element : slots) {
    const auto* slot = element.if_object();
    if (slot == nullptr) return fail_invalid("content", "has a slot that is not an object");
    const JsonFields fields(*slot);
    KAITO_TRY(const auto type, fields.number("type"));
    if (type != kPasswordSlot) {
      collector.note("a key slot that no password opens (biometrics) was ignored");
      continue;
    }
    if (++password_slots > kMaxPasswordSlots) return fail_invalid("content", "has too many password slots");
    KAITO_TRY(auto key, open_slot(fields, password));
    if (key) return *std::move(key);
  }
  if (password_slots == 0) return fail_invalid("content", "is encrypted, but not with a password");
  return fail_invalid("password", "is wrong");
}

// The decrypted "db": JSON text.
Result<WipedBytes> open_database(std::string_view sealed, const JsonFields& header, const Passphrase* password,
                                 ImportCollector& collector) {
  if (password == nullptr) return fail_invalid("password", "is needed: the file is encrypted");
  const json::array* slots = header.array("slots");
  if (slots == nullptr) return fail_invalid("content", "is encrypted, but has no key slots");
  KAITO_TRY(const Seal seal, read_seal(header.object("params")));
  const auto ciphertext = from_base64(sealed);
  if (!ciphertext) return fail_invalid("content", "has a db that is not base64");
  KAITO_TRY(const BackupKey master, open_slots(*slots, *password, collector));
  auto plain = open_gcm(master, seal.nonce, *ciphertext, seal.tag);
  if (!plain) return fail_invalid("content", "is damaged: the password fits, the content does not");
  return *std::move(plain);
}

void note_what_is_left_out(const JsonFields& entry, const GroupNames& names, EntryDraft& draft) {
  if (entry.says("group")) draft.note(left_out_note("group", entry.text("group").value_or("")));
  if (const json::array* groups = entry.array("groups")) {  // since content version 3: ids of groups
    for (const auto& element : *groups)
      if (const auto* id = element.if_string())
        draft.note(names.note("group", std::string_view(id->data(), id->size())));
  }
  if (entry.says("note")) draft.note("note not imported");
  if (entry.says("icon")) draft.note("icon not imported");
}

Status read_entry(const json::value& element, const GroupNames& names, EntryDraft& draft) {
  const auto* object = element.if_object();
  if (object == nullptr) return fail_invalid("entry", "is not an object");
  const JsonFields entry(*object);
  KAITO_TRY(const std::string_view issuer, entry.text("issuer"));
  KAITO_CHECK(draft.set_issuer(issuer));
  KAITO_TRY(const std::string_view account, entry.text("name"));
  KAITO_CHECK(draft.set_account(account));
  KAITO_TRY(const std::string_view type, entry.text("type"));
  KAITO_CHECK(draft.set_type(type));  // refuses yandex and motp by name
  const json::object* info_object = entry.object("info");
  if (info_object == nullptr) return fail_invalid("info", "is missing");
  const JsonFields info(*info_object);
  KAITO_TRY(const std::string_view algorithm, info.text("algo"));
  if (!algorithm.empty()) KAITO_CHECK(draft.set_algorithm(algorithm));
  KAITO_CHECK(draft.set_numbers(info.number("digits"), info.number("period"), info.number("counter")));
  note_what_is_left_out(entry, names, draft);
  KAITO_TRY(const std::string_view secret, info.text("secret"));
  return draft.set_secret_base32(secret);
}

Result<ParsedImport> read_database(const json::object& object, ImportCollector collector) {
  const JsonFields database(object);
  KAITO_TRY(const auto version, database.number("version"));
  if (version.value_or(0) > kMaxContentVersion)
    return fail_invalid("content", fmt::format("has content version {}, which is not supported", *version));
  const json::array* entries = database.array("entries");
  if (entries == nullptr) return fail_invalid("content", "has no list of entries");
  const GroupNames names(database.array("groups"), "uuid");
  for (const auto& element : *entries) {
    EntryDraft draft;
    const Status read = read_entry(element, names, draft);
    KAITO_CHECK(collector.add(std::move(draft), read));
  }
  return std::move(collector).finish();
}

}  // namespace

bool is_aegis(const json::object& root) noexcept { return root.contains("header") && root.contains("db"); }

Result<ParsedImport> read_aegis(const json::object& root, const Passphrase* password) {
  const JsonFields file(root);
  KAITO_TRY(const auto version, file.number("version"));
  if (version != kFileVersion) return fail_invalid("content", "is not version 1 of an Aegis vault");
  ImportCollector collector(Format::aegis);
  if (const json::object* database = file.object("db")) return read_database(*database, std::move(collector));

  KAITO_TRY(const std::string_view sealed, file.text("db"));
  const json::object* header = file.object("header");
  if (header == nullptr || sealed.empty()) return fail_invalid("content", "has no db or no header");
  KAITO_TRY(const WipedBytes plain, open_database(sealed, JsonFields(*header), password, collector));
  KAITO_TRY(const json::value tree, parse_secret_json(as_text(plain)));
  if (!tree.is_object()) return fail_invalid("content", "has a db that is not an object");
  return read_database(tree.get_object(), std::move(collector));
}

}  // namespace kaito::otp
