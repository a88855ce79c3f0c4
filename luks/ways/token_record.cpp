#include "luks/ways/token_record.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "luks/header/json_fields.hpp"
#include "luks/ways/sealed_share.hpp"

namespace kaito::luks {
namespace {

namespace json = boost::json;

constexpr std::string_view kRecovery = "systemd-recovery";
constexpr std::string_view kTpm2 = "systemd-tpm2";
constexpr std::string_view kHsm = "kaito-hsm";
constexpr std::string_view kFido2 = "systemd-fido2";
constexpr std::string_view kFido2Quorum = "kaito-fido2-quorum";

constexpr std::size_t kMaxCredentialBytes = 1023;

Result<std::vector<unsigned>> parse_pcrs(const JsonFields& token, std::string_view name) {
  KAITO_TRY(const json::array* const elements, token.array(name, 24));
  std::vector<unsigned> pcrs;
  for (const json::value& element : *elements) {
    const auto* const number = element.if_int64();
    if (!number || *number < 0 || *number > 23) return token.refuse("names a register that no TPM has");
    const auto pcr = static_cast<unsigned>(*number);
    if (!pcrs.empty() && pcrs.back() >= pcr) return token.refuse("names its registers out of order");
    pcrs.push_back(pcr);
  }
  return pcrs;
}

Result<TokenRecord> parse_recovery(const JsonFields& token) {
  KAITO_CHECK(token.only({"type", "keyslots", "kaito-shares"}));
  RecoveryRecord record;
  if (token.has("kaito-shares")) {
    KAITO_TRY(const JsonFields shares, token.object("kaito-shares"));
    KAITO_CHECK(shares.only({"set", "threshold", "count"}));
    RecoveryRecord::Shares known;
    KAITO_TRY(known.set, shares.text("set", 8));
    KAITO_TRY(const std::uint64_t threshold, shares.number("threshold", 2, 32));
    KAITO_TRY(const std::uint64_t count, shares.number("count", threshold, 32));
    known.threshold = static_cast<unsigned>(threshold);
    known.count = static_cast<unsigned>(count);
    record.shares = known;
  }
  return record;
}

Result<TokenRecord> parse_tpm2(const JsonFields& token) {
  // systemd 252 wrote tpm2_pubkey with underscores, and so do later ones.
  KAITO_CHECK(token.only({"type", "keyslots", "tpm2-blob", "tpm2-pcrs", "tpm2-pcr-bank", "tpm2-primary-alg",
                          "tpm2-policy-hash", "tpm2-pin", "tpm2_pubkey", "tpm2_pubkey_pcrs"}));
  Tpm2Record record;
  KAITO_TRY(record.blob, token.base64("tpm2-blob", 2048));
  KAITO_TRY(record.pcrs, parse_pcrs(token, "tpm2-pcrs"));
  KAITO_CHECK(token.equals("tpm2-pcr-bank", "sha256"));
  KAITO_CHECK(token.equals("tpm2-primary-alg", "ecc"));
  KAITO_TRY(record.policy_hash, token.hex("tpm2-policy-hash", 32));
  if (record.policy_hash.size() != 32) return token.refuse("has a policy hash that is no SHA-256");
  if (token.has("tpm2-pin")) {
    KAITO_TRY(record.pin, token.boolean("tpm2-pin"));
  }
  if (token.has("tpm2_pubkey")) {
    KAITO_TRY(const Bytes pem, token.base64("tpm2_pubkey", 4096));
    record.signed_by = std::string(as_text(pem));
    KAITO_TRY(record.signed_pcrs, parse_pcrs(token, "tpm2_pubkey_pcrs"));
  }
  if (record.pcrs.empty() && record.signed_pcrs.empty()) return token.refuse("is bound to no register");
  return record;
}

Result<TokenRecord> parse_hsm(const JsonFields& token) {
  KAITO_CHECK(token.only({"type", "keyslots", "key", "scheme", "wrapped"}));
  HsmRecord record;
  KAITO_TRY(record.key, token.text("key", 512));
  KAITO_TRY(record.scheme, token.text("scheme", 64));
  KAITO_TRY(record.wrapped, token.base64("wrapped", 1024));
  return record;
}

Result<TokenRecord> parse_fido2(const JsonFields& token) {
  KAITO_CHECK(token.only({"type", "keyslots", "fido2-credential", "fido2-salt", "fido2-rp", "fido2-clientPin-required",
                          "fido2-up-required", "fido2-uv-required"}));
  Fido2Record record;
  KAITO_TRY(record.credential, token.base64("fido2-credential", kMaxCredentialBytes));
  KAITO_TRY(record.salt, token.base64("fido2-salt", 32));
  if (record.salt.size() != 32) return token.refuse("has a salt that is not 32 bytes");
  KAITO_TRY(record.relying_party, token.text("fido2-rp"));
  KAITO_TRY(record.pin, token.boolean("fido2-clientPin-required"));
  KAITO_TRY(record.presence, token.boolean("fido2-up-required"));
  KAITO_TRY(record.verification, token.boolean("fido2-uv-required"));
  return record;
}

Result<Fido2QuorumRecord::Member> parse_member(const json::value& element, std::string place) {
  if (!element.is_object()) return fail(Code::integrity, "LUKS header refused: " + place + " is not an object");
  const JsonFields fields(element.get_object(), std::move(place));
  KAITO_CHECK(fields.only({"name", "credential", "sealed"}));
  Fido2QuorumRecord::Member member;
  KAITO_TRY(member.name, fields.text("name", 64));
  KAITO_TRY(member.credential, fields.base64("credential", kMaxCredentialBytes));
  KAITO_TRY(member.sealed, fields.base64("sealed", kSealedShareBytes));
  if (member.sealed.size() != kSealedShareBytes) return fields.refuse("has a sealed share of the wrong size");
  return member;
}

Result<TokenRecord> parse_quorum(const JsonFields& token) {
  KAITO_CHECK(token.only({"type", "keyslots", "threshold", "pin", "salt", "members"}));
  Fido2QuorumRecord record;
  KAITO_TRY(const json::array* const members, token.array("members", 16));
  for (const json::value& element : *members) {
    KAITO_TRY(auto member, parse_member(element, fmt::format("{}.members", token.place())));
    record.members.push_back(std::move(member));
  }
  if (record.members.size() < 2) return token.refuse("has fewer than two members");
  KAITO_TRY(const std::uint64_t threshold, token.number("threshold", 2, record.members.size()));
  record.threshold = static_cast<unsigned>(threshold);
  KAITO_TRY(record.pin, token.boolean("pin"));
  KAITO_TRY(record.salt, token.base64("salt", 32));
  if (record.salt.size() != 32) return token.refuse("has a salt that is not 32 bytes");
  return record;
}

struct TypeRow {
  std::string_view type;
  Result<TokenRecord> (*parse)(const JsonFields&);
};
constexpr std::array<TypeRow, 5> kTypes{{{kRecovery, parse_recovery},
                                         {kTpm2, parse_tpm2},
                                         {kHsm, parse_hsm},
                                         {kFido2, parse_fido2},
                                         {kFido2Quorum, parse_quorum}}};
static_assert(std::variant_size_v<TokenRecord> == kTypes.size());

json::array pcr_array(const std::vector<unsigned>& pcrs) {
  json::array array;
  for (const unsigned pcr : pcrs) array.emplace_back(static_cast<std::int64_t>(pcr));
  return array;
}

// Adds the record's own members to a token.
struct Writer {
  json::object& token;

  void operator()(const RecoveryRecord& record) const {
    if (!record.shares) return;
    token["kaito-shares"] = {
        {"set", record.shares->set}, {"threshold", record.shares->threshold}, {"count", record.shares->count}};
  }
  void operator()(const Tpm2Record& record) const {
    token["tpm2-blob"] = to_base64(record.blob);
    token["tpm2-pcrs"] = pcr_array(record.pcrs);
    token["tpm2-pcr-bank"] = "sha256";
    token["tpm2-primary-alg"] = "ecc";
    token["tpm2-policy-hash"] = to_hex(record.policy_hash);
    token["tpm2-pin"] = record.pin;
    if (record.signed_by.empty()) return;
    token["tpm2_pubkey"] = to_base64(as_bytes(record.signed_by));
    token["tpm2_pubkey_pcrs"] = pcr_array(record.signed_pcrs);
  }
  void operator()(const HsmRecord& record) const {
    token["key"] = record.key;
    token["scheme"] = record.scheme;
    token["wrapped"] = to_base64(record.wrapped);
  }
  void operator()(const Fido2Record& record) const {
    token["fido2-credential"] = to_base64(record.credential);
    token["fido2-salt"] = to_base64(record.salt);
    token["fido2-rp"] = record.relying_party;
    token["fido2-clientPin-required"] = record.pin;
    token["fido2-up-required"] = record.presence;
    token["fido2-uv-required"] = record.verification;
  }
  void operator()(const Fido2QuorumRecord& record) const {
    json::array members;
    for (const auto& member : record.members)
      members.push_back(json::object{
          {"name", member.name}, {"credential", to_base64(member.credential)}, {"sealed", to_base64(member.sealed)}});
    token["threshold"] = record.threshold;
    token["pin"] = record.pin;
    token["salt"] = to_base64(record.salt);
    token["members"] = std::move(members);
  }
};

}  // namespace

std::string_view token_type(const TokenRecord& record) { return kTypes[record.index()].type; }

Result<TokenRecord> parse_token_record(const JsonFields& token) {
  KAITO_TRY(const std::string type, token.text("type"));
  for (const TypeRow& row : kTypes)
    if (row.type == type) return row.parse(token);
  return token.refuse("is of an unknown type");
}

Result<TokenRecord> parse_token_record(const json::object& token) {
  return parse_token_record(JsonFields(token, "token"));
}

json::object to_json(const TokenRecord& record, int keyslot) {
  const std::string_view type = token_type(record);
  json::object token{{"type", json::string_view(type.data(), type.size())},
                     {"keyslots", json::array{std::to_string(keyslot)}}};
  std::visit(Writer{token}, record);
  return token;
}

}  // namespace kaito::luks
