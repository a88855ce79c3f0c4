#include "hsm/protocol/messages.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaito::hsm {
namespace {

constexpr std::size_t kMaxDetail = 1024;
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxListed = 1024;
constexpr std::size_t kMaxModulus = 1024;

Result<std::size_t> read_count(ByteReader& in, std::size_t limit) {
  KAITO_TRY(const std::uint16_t count, in.u16());
  if (count > limit)
    return fail(Code::invalid_request, fmt::format("{} entries where at most {} may be", count, limit));
  return count;
}

template <class Enum>
Result<Enum> read_enumeration(ByteReader& in, Enum first, Enum last) {
  KAITO_TRY(const std::uint8_t number, in.u8());
  if (number < static_cast<std::uint8_t>(first) || number > static_cast<std::uint8_t>(last))
    return fail(Code::invalid_request, fmt::format("{} where a number of a list must be", number));
  return static_cast<Enum>(number);
}

void write_versions(WireWriter& out, const std::vector<PlatformKek>& keys) {
  out.u16(keys.size());
  for (const auto& key : keys) out.u32(key.version);
}

void write_proof(WireWriter& out, const std::optional<SealedMessage>& proof) {
  out.u8(proof ? 1 : 0);
  if (!proof) return;
  out.raw(proof->iv);
  out.string(proof->aad);
  out.string(proof->ciphertext);
  out.raw(proof->tag);
}

Result<std::optional<SealedMessageView>> read_proof(ByteReader& in) {
  KAITO_TRY(const std::uint8_t given, in.u8());
  if (given == 0) return std::nullopt;
  if (given != 1) return fail(Code::invalid_request, "neither with a proof nor without");
  SealedMessageView proof;
  KAITO_TRY(proof.iv, in.take(kGcmIvSize));
  KAITO_TRY(proof.aad, read_string(in, kMaxSealedAad));
  KAITO_TRY(proof.ciphertext, read_string(in, kMaxSealedMessage));
  KAITO_TRY(proof.tag, in.take(kGcmTagSize));
  if (proof.ciphertext.empty()) return fail(Code::invalid_request, "a proof without a message");
  return proof;
}

Result<std::vector<PlatformKek>> read_versions(ByteReader& in) {
  KAITO_TRY(const std::size_t count, read_count(in, kMaxListed));
  std::vector<PlatformKek> keys(count);
  for (auto& key : keys) {
    KAITO_TRY(key.version, in.u32());
  }
  return keys;
}

}  // namespace

void write_org_kek(WireWriter& out, const OrgKek& kek) {
  out.string(kek.wrapped.blob);
  out.string(kek.aad);
}

Result<OrgKekView> read_org_kek(ByteReader& in) {
  OrgKekView kek;
  KAITO_TRY(kek.blob, read_string(in, kMaxBlob));
  KAITO_TRY(kek.aad, read_string(in, kMaxAad));
  return kek;
}

void write_wrap_request(WireWriter& out, const OrgKek& kek, std::span<const DekToWrap> deks) {
  write_org_kek(out, kek);
  out.u16(deks.size());
  for (const auto& item : deks) {
    out.raw(item.dek.expose_secret());
    out.string(item.aad);
  }
}

Result<WrapRequest> read_wrap_request(ByteReader& in) {
  WrapRequest request;
  KAITO_TRY(request.kek, read_org_kek(in));
  KAITO_TRY(const std::size_t count, read_count(in, kMaxBatch));
  request.deks.resize(count);
  for (auto& item : request.deks) {
    KAITO_TRY(item.dek, in.take(kDekSize));
    KAITO_TRY(item.aad, read_string(in, kMaxAad));
  }
  return request;
}

void write_group_count(WireWriter& out, std::size_t groups) { out.u16(groups); }

void write_group(WireWriter& out, const OrgKek& kek, std::size_t deks) {
  write_org_kek(out, kek);
  out.u16(deks);
}

void write_dek_to_unwrap(WireWriter& out, ByteView wrapped, ByteView aad) {
  write_wrapped_dek(out, wrapped);
  out.string(aad);
}

Result<std::vector<UnwrapGroup>> read_unwrap_request(ByteReader& in) {
  KAITO_TRY(const std::size_t group_count, read_count(in, kMaxBatch));
  std::vector<UnwrapGroup> groups(group_count);
  std::size_t left = kMaxBatch;
  for (auto& group : groups) {
    KAITO_TRY(group.kek, read_org_kek(in));
    KAITO_TRY(const std::size_t count, read_count(in, left));
    left -= count;
    group.deks.resize(count);
    for (auto& item : group.deks) {
      KAITO_TRY(item.wrapped, read_wrapped_dek(in));
      KAITO_TRY(item.aad, read_string(in, kMaxAad));
    }
  }
  return groups;
}

void write_org_kek_rewrap_request(WireWriter& out, KeyVersion from, KeyVersion to,
                                  std::span<const OrgKekToRewrap> keks) {
  out.u32(from);
  out.u32(to);
  out.u16(keks.size());
  for (const auto& kek : keks) {
    out.string(kek.blob);
    out.string(kek.aad);
  }
}

Result<OrgKekRewrapRequest> read_org_kek_rewrap_request(ByteReader& in) {
  OrgKekRewrapRequest request;
  KAITO_TRY(request.from, in.u32());
  KAITO_TRY(request.to, in.u32());
  KAITO_TRY(const std::size_t count, read_count(in, kMaxRewrapBatch));
  request.keks.resize(count);
  for (auto& kek : request.keks) {
    KAITO_TRY(kek, read_org_kek(in));
  }
  return request;
}

void write_rewrap_request(WireWriter& out, const OrgKek& from, const OrgKek& to, std::span<const DekToRewrap> deks) {
  write_org_kek(out, from);
  write_org_kek(out, to);
  out.u16(deks.size());
  for (const auto& item : deks) {
    write_wrapped_dek(out, item.wrapped.blob);
    out.string(item.aad_before);
    out.string(item.aad_after);
    write_proof(out, item.proof);
  }
}

Result<RewrapRequest> read_rewrap_request(ByteReader& in) {
  RewrapRequest request;
  KAITO_TRY(request.from, read_org_kek(in));
  KAITO_TRY(request.to, read_org_kek(in));
  KAITO_TRY(const std::size_t count, read_count(in, kMaxRewrapBatch));
  request.deks.resize(count);
  for (auto& item : request.deks) {
    KAITO_TRY(item.wrapped, read_wrapped_dek(in));
    KAITO_TRY(item.aad_before, read_string(in, kMaxAad));
    KAITO_TRY(item.aad_after, read_string(in, kMaxAad));
    KAITO_TRY(item.proof, read_proof(in));
  }
  return request;
}

void write_wrapped_dek(WireWriter& out, ByteView blob) { out.string(blob); }

Result<ByteView> read_wrapped_dek(ByteReader& in) { return read_string(in, kMaxWrappedDek); }

void write_adopt_request(WireWriter& out, const AdoptRequest& request) {
  out.u8(static_cast<std::uint8_t>(request.make));
  out.string(request.key);
  out.string(request.aad);
}

Result<AdoptRequest> read_adopt_request(ByteReader& in) {
  AdoptRequest request;
  KAITO_TRY(const std::uint8_t make, in.u8());
  if (make > static_cast<std::uint8_t>(MakeKey::if_missing)) return fail(Code::invalid_request, "neither yes nor no");
  request.make = static_cast<MakeKey>(make);
  KAITO_TRY(const ByteView key, read_string(in, kMaxKeyUri));
  request.key = as_text(key);
  KAITO_TRY(request.aad, read_string(in, kMaxAad));
  return request;
}

void write_sign_request(WireWriter& out, KeyVersion version, ByteView message) {
  out.u32(version);
  out.u32(message.size());
  out.raw(message);
}

Result<SignRequest> read_sign_request(ByteReader& in) {
  SignRequest request;
  KAITO_TRY(request.version, in.u32());
  KAITO_TRY(const std::uint32_t size, in.u32());
  if (size > kMaxMessage) return fail(Code::invalid_request, fmt::format("message of {} bytes", size));
  KAITO_TRY(request.message, in.take(size));
  return request;
}

void write_wrapping_key(WireWriter& out, const WrappingKey& key) {
  out.u32(key.version);
  out.string(key.modulus);
  out.string(key.public_exponent);
  out.u8(static_cast<std::uint8_t>(key.hash));
  out.u8(key.takes_aes_key_wrap ? 1 : 0);
}

Result<WrappingKey> read_wrapping_key(ByteReader& in) {
  WrappingKey key;
  KAITO_TRY(key.version, in.u32());
  KAITO_TRY(const ByteView modulus, read_string(in, kMaxModulus));
  KAITO_TRY(const ByteView exponent, read_string(in, kMaxModulus));
  key.modulus.assign(modulus.begin(), modulus.end());
  key.public_exponent.assign(exponent.begin(), exponent.end());
  KAITO_TRY(key.hash, read_enumeration(in, OaepHash::sha1, OaepHash::sha256));
  KAITO_TRY(const std::uint8_t takes, in.u8());
  key.takes_aes_key_wrap = takes != 0;
  return key;
}

void write_import_request(WireWriter& out, KeyVersion platform_version, ByteView aad, const KeyToImport& key) {
  out.u32(platform_version);
  out.string(aad);
  out.u32(key.wrapping_version);
  out.u8(static_cast<std::uint8_t>(key.mechanism));
  out.string(key.wrapped);
}

Result<ImportRequest> read_import_request(ByteReader& in) {
  ImportRequest request;
  KAITO_TRY(request.platform_version, in.u32());
  KAITO_TRY(request.aad, read_string(in, kMaxAad));
  KAITO_TRY(request.wrapping_version, in.u32());
  KAITO_TRY(request.mechanism, read_enumeration(in, ImportMechanism::rsa_oaep, ImportMechanism::rsa_aes_key_wrap));
  KAITO_TRY(request.wrapped, read_string(in, kMaxWrappedImport));
  return request;
}

void write_token_status(WireWriter& out, const TokenStatus& status) {
  for (const auto* text : {&status.label, &status.serial, &status.model, &status.manufacturer, &status.firmware})
    out.string(std::string_view(*text).substr(0, kMaxName));
  out.u16(status.mechanisms.size());
  for (const auto& name : status.mechanisms) out.string(name);
  out.u64(status.max_sessions);
  write_versions(out, status.platform_keks);
  write_versions(out, status.backup_keys);
  write_versions(out, status.wrapping_keys);
  out.u16(status.audit_keys.size());
  for (const auto& key : status.audit_keys) {
    out.u32(key.version);
    out.raw(key.public_key);
  }
  out.u16(status.org_keks.size());
  for (const auto& use : status.org_keks) {
    out.string(use.key);
    out.u64(use.encryptions);
    out.u64(use.decryptions);
  }
  for (const auto number : {status.loaded_org_keks, status.epoch, status.wraps, status.unwraps, status.rewraps,
                            status.refused, status.signatures})
    out.u64(number);
}

Result<TokenStatus> read_token_status(ByteReader& in) {
  TokenStatus status;
  for (auto* text : {&status.label, &status.serial, &status.model, &status.manufacturer, &status.firmware}) {
    KAITO_TRY(*text, read_text(in, kMaxName));
  }
  KAITO_TRY(const std::size_t mechanisms, read_count(in, kMaxListed));
  status.mechanisms.resize(mechanisms);
  for (auto& name : status.mechanisms) {
    KAITO_TRY(name, read_text(in, kMaxName));
  }
  KAITO_TRY(status.max_sessions, in.u64());
  KAITO_TRY(status.platform_keks, read_versions(in));
  KAITO_TRY(status.backup_keys, read_versions(in));
  KAITO_TRY(status.wrapping_keys, read_versions(in));
  KAITO_TRY(const std::size_t audit_keys, read_count(in, kMaxListed));
  status.audit_keys.resize(audit_keys);
  for (auto& key : status.audit_keys) {
    KAITO_TRY(key.version, in.u32());
    KAITO_TRY(key.public_key, read_array<32>(in));
  }
  KAITO_TRY(const std::size_t org_keks, read_count(in, kMaxListed));
  status.org_keks.resize(org_keks);
  for (auto& use : status.org_keks) {
    KAITO_TRY(use.key, read_text(in, kMaxName));
    KAITO_TRY(use.encryptions, in.u64());
    KAITO_TRY(use.decryptions, in.u64());
  }
  for (auto* number : {&status.loaded_org_keks, &status.epoch, &status.wraps, &status.unwraps, &status.rewraps,
                       &status.refused, &status.signatures}) {
    KAITO_TRY(*number, in.u64());
  }
  return status;
}

void write_ok(WireWriter& out) { out.u8(0); }

void write_error(WireWriter& out, const Error& error) {
  out.u8(1);
  out.u8(static_cast<std::uint8_t>(error.code));
  out.string(std::string_view(error.detail).substr(0, kMaxDetail));
}

Status read_outcome(ByteReader& in) {
  KAITO_TRY(const std::uint8_t outcome, in.u8());
  if (outcome == 0) return {};
  if (outcome != 1) return fail(Code::internal, fmt::format("outcome {} in a reply", outcome));
  KAITO_TRY(const std::uint8_t code, in.u8());
  if (code >= code_table().size()) return fail(Code::internal, fmt::format("error code {} in a reply", code));
  KAITO_TRY(std::string detail, read_text(in, kMaxDetail));
  return fail(static_cast<Code>(code), std::move(detail));
}

}  // namespace kaito::hsm
