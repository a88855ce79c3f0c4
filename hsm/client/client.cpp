#include "hsm/client/client.hpp"

#include <fmt/format.h>

#include "hsm/client/request.hpp"
#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {
namespace {

constexpr std::size_t kMaxList = 65536;          // DEKs in one call
constexpr Milliseconds kPairGeneration{60'000};  // RSA-4096; its time is a matter of luck

Status check_config(const ClientConfig& config) {
  if (config.max_batch < 1 || config.max_batch > kMaxBatch)
    return fail(Code::configuration, fmt::format("max_batch must be 1 to {}", kMaxBatch));
  if (config.org_kek_capacity < 1 || config.org_kek_capacity > 65536)
    return fail(Code::configuration, "org_kek_capacity must be 1 to 65536");
  return {};
}

Status check_version(KeyVersion version) {
  if (version == 0) return fail_invalid("version", "must be 1 or more");
  return {};
}

Status check_aad(ByteView aad) {
  if (aad.size() > kMaxAad) return fail_invalid("aad", fmt::format("must be at most {} bytes", kMaxAad));
  return {};
}

Status check_blob(ByteView blob) {
  if (blob.empty() || blob.size() > kMaxBlob)
    return fail_invalid("kek", fmt::format("must have a blob of 1 to {} bytes", kMaxBlob));
  return {};
}

Status check_kek(const OrgKekRef& kek) {
  if (!kek) return fail_invalid("kek", "must be given");
  KAITO_CHECK(check_blob(kek->wrapped.blob));
  return check_aad(kek->aad);
}

Status check_wrapped(const WrappedDek& wrapped) {
  // What cannot be a wrapped DEK is one that was altered.
  if (wrapped.blob.empty() || wrapped.blob.size() > kMaxWrappedDek)
    return fail(Code::integrity, fmt::format("wrapped DEK of {} bytes", wrapped.blob.size()));
  return {};
}

Status check_proof(const SealedMessage& proof) {
  if (proof.aad.size() <= kMaxSealedAad && !proof.ciphertext.empty() && proof.ciphertext.size() <= kMaxSealedMessage)
    return {};
  return fail_invalid("proof", fmt::format("must have a message of 1 to {} bytes, and at most {} of AAD",
                                           kMaxSealedMessage, kMaxSealedAad));
}

Status check_item(const DekToWrap& item) {
  if (item.dek.size() != kDekSize) return fail_invalid("dek", fmt::format("must be {} bytes", kDekSize));
  return check_aad(item.aad);
}
Status check_item(const DekToUnwrap& item) {
  KAITO_CHECK(check_wrapped(item.wrapped));
  return check_aad(item.aad);
}
Status check_item(const DekToRewrap& item) {
  KAITO_CHECK(check_wrapped(item.wrapped));
  KAITO_CHECK(check_aad(item.aad_before));
  if (item.proof) KAITO_CHECK(check_proof(*item.proof));
  return check_aad(item.aad_after);
}
Status check_item(const OrgKekToRewrap& item) {
  KAITO_CHECK(check_blob(item.blob));
  return check_aad(item.aad);
}

template <class Item>
Status check_items(std::string_view field, const std::vector<Item>& items) {
  if (items.size() > kMaxList) return fail_invalid(std::string(field), fmt::format("must be at most {}", kMaxList));
  for (const auto& item : items) KAITO_CHECK(check_item(item));
  return {};
}

template <class Item>
Status check_list(const OrgKekRef& kek, const std::vector<Item>& items) {
  KAITO_CHECK(check_kek(kek));
  return check_items("deks", items);
}

// What an org KEK takes in a frame, at most.
constexpr std::size_t kOrgKekSize = 2 + kMaxBlob + 2 + kMaxAad;
constexpr std::size_t kCounts = 16;

FrameLimits limits_of(const Supervisor& supervisor, std::size_t org_keks, std::size_t most = kMaxBatch) {
  return {.items = std::min(supervisor.config().max_batch, most), .head_size = org_keks * kOrgKekSize + kCounts};
}

void encode_nothing(WireWriter&) {}
Status decode_nothing(ByteReader&) { return {}; }

// An operation on one version of a key.
template <class V, class Decode>
Future<Result<V>> request_version(Supervisor& supervisor, Op op, KeyVersion version, Decode decode) {
  return request<V>(supervisor, check_version(version), op, [&](WireWriter& out) { out.u32(version); }, decode);
}

Result<AuditKey> read_audit_key(ByteReader& in) {
  AuditKey key;
  KAITO_TRY(key.version, in.u32());
  KAITO_TRY(key.public_key, read_array<32>(in));
  return key;
}

Result<PlatformKek> read_platform_kek(ByteReader& in) {
  PlatformKek kek;
  KAITO_TRY(kek.version, in.u32());
  return kek;
}

Result<WrappedOrgKek> read_blob(ByteReader& in, KeyVersion platform_version) {
  KAITO_TRY(const ByteView blob, read_string(in, kMaxBlob));
  return WrappedOrgKek{.platform_version = platform_version, .blob = Bytes(blob.begin(), blob.end())};
}

Result<WrappedDek> read_wrap_result(ByteReader& in) {
  KAITO_CHECK(read_outcome(in));
  KAITO_TRY(const ByteView blob, read_wrapped_dek(in));
  return WrappedDek{.blob = Bytes(blob.begin(), blob.end())};
}

Result<Dek> read_unwrap_result(ByteReader& in) {
  KAITO_CHECK(read_outcome(in));
  KAITO_TRY(const ByteView bytes, in.take(kDekSize));
  return Dek::copy_of(bytes);
}

}  // namespace

Result<std::unique_ptr<Client>> Client::start(ClientConfig config, const Clock& clock, Logger& logger) {
  KAITO_CHECK(check_config(config));
  auto supervisor = std::make_unique<Supervisor>(std::move(config), clock, logger);
  KAITO_CHECK(supervisor->start());
  return std::unique_ptr<Client>(new Client(std::move(supervisor)));
}

Result<std::unique_ptr<Client>> Client::launch(ClientConfig config, const Clock& clock, Logger& logger) {
  KAITO_CHECK(check_config(config));
  auto supervisor = std::make_unique<Supervisor>(std::move(config), clock, logger);
  supervisor->launch();
  return std::unique_ptr<Client>(new Client(std::move(supervisor)));
}

Client::Client(std::unique_ptr<Supervisor> supervisor) : supervisor_(std::move(supervisor)) {}
Client::~Client() = default;

Future<Result<TokenStatus>> Client::status() {
  return request<TokenStatus>(*supervisor_, {}, Op::status, encode_nothing, read_token_status);
}

Future<Status> Client::canary() { return request<void>(*supervisor_, {}, Op::canary, encode_nothing, decode_nothing); }

Future<Result<PlatformKek>> Client::create_platform_kek(KeyVersion version) {
  return request_version<PlatformKek>(*supervisor_, Op::create_platform_kek, version, read_platform_kek);
}

Future<Status> Client::destroy_platform_kek(KeyVersion version) {
  return request_version<void>(*supervisor_, Op::destroy_platform_kek, version, decode_nothing);
}

Future<Result<PlatformKek>> Client::create_backup_key(KeyVersion version) {
  return request_version<PlatformKek>(*supervisor_, Op::create_backup_key, version, read_platform_kek);
}

Future<Status> Client::destroy_backup_key(KeyVersion version) {
  return request_version<void>(*supervisor_, Op::destroy_backup_key, version, decode_nothing);
}

Future<Result<WrappedOrgKek>> Client::create_org_kek(KeyVersion platform_version, Bytes aad) {
  Status checked = check_version(platform_version);
  if (checked) checked = check_aad(aad);
  return request<WrappedOrgKek>(
      *supervisor_, checked, Op::create_org_kek,
      [&](WireWriter& out) {
        out.u32(platform_version);
        out.string(aad);
      },
      [platform_version](ByteReader& in) { return read_blob(in, platform_version); });
}

Future<Result<WrappedOrgKek>> Client::adopt_org_kek(std::string key, bool make, Bytes aad) {
  Status checked = check_aad(aad);
  if (checked && (key.empty() || key.size() > kMaxKeyUri))
    checked = fail_invalid("key", fmt::format("must be a URI of 1 to {} bytes", kMaxKeyUri));
  return request<WrappedOrgKek>(
      *supervisor_, checked, Op::adopt_org_kek,
      [&](WireWriter& out) {
        write_adopt_request(out, {.make = make ? MakeKey::if_missing : MakeKey::no, .key = key, .aad = aad});
      },
      [](ByteReader& in) { return read_blob(in, 0); }, make ? kPairGeneration : Milliseconds(0));
}

Future<Status> Client::load_org_kek(OrgKekRef kek) {
  return request<void>(
      *supervisor_, check_kek(kek), Op::load_org_kek, [&](WireWriter& out) { write_org_kek(out, *kek); },
      decode_nothing);
}

Future<Result<std::vector<Result<WrappedDek>>>> Client::wrap_deks(OrgKekRef kek, std::vector<DekToWrap> deks) {
  const Status checked = check_list(kek, deks);
  return request_list<WrappedDek>(
      *supervisor_, checked, std::move(deks), limits_of(*supervisor_, 1), Op::wrap_deks,
      [&](WireWriter& out, std::span<const DekToWrap> some) { write_wrap_request(out, *kek, some); }, decode_nothing,
      read_wrap_result);
}

Future<Result<std::vector<Result<Dek>>>> Client::unwrap_deks(OrgKekRef kek, std::vector<DekToUnwrap> deks) {
  const Status checked = check_list(kek, deks);
  return request_list<Dek>(
      *supervisor_, checked, std::move(deks), limits_of(*supervisor_, 1), Op::unwrap_deks,
      [&](WireWriter& out, std::span<const DekToUnwrap> some) {
        write_group_count(out, 1);
        write_group(out, *kek, some.size());
        for (const auto& item : some) write_dek_to_unwrap(out, item.wrapped.blob, item.aad);
      },
      read_outcome,  // the only group's
      read_unwrap_result);
}

Future<Result<std::vector<Result<WrappedOrgKek>>>> Client::rewrap_org_keks(KeyVersion from, KeyVersion to,
                                                                           std::vector<OrgKekToRewrap> keks) {
  Status checked = check_version(from);
  if (checked) checked = check_version(to);
  if (checked) checked = check_items("keks", keks);
  return request_list<WrappedOrgKek>(
      *supervisor_, checked, std::move(keks), limits_of(*supervisor_, 0, kMaxRewrapBatch), Op::rewrap_org_keks,
      [&](WireWriter& out, std::span<const OrgKekToRewrap> some) { write_org_kek_rewrap_request(out, from, to, some); },
      decode_nothing,
      [to](ByteReader& in) -> Result<WrappedOrgKek> {
        KAITO_CHECK(read_outcome(in));
        return read_blob(in, to);
      });
}

Future<Result<std::vector<Result<WrappedDek>>>> Client::rewrap_deks(OrgKekRef from, OrgKekRef to,
                                                                    std::vector<DekToRewrap> deks) {
  Status checked = check_kek(from);
  if (checked) checked = check_list(to, deks);
  return request_list<WrappedDek>(
      *supervisor_, checked, std::move(deks), limits_of(*supervisor_, 2, kMaxRewrapBatch), Op::rewrap_deks,
      [&](WireWriter& out, std::span<const DekToRewrap> some) { write_rewrap_request(out, *from, *to, some); },
      decode_nothing, read_wrap_result);
}

Future<Result<Dek>> Client::unwrap_dek(OrgKekRef kek, WrappedDek wrapped, Bytes aad) {
  Status checked = check_kek(kek);
  if (checked) checked = check_aad(aad);
  if (checked) checked = check_wrapped(wrapped);
  if (!checked) return refused<Dek>(std::move(checked).error());
  auto [future, completer] = make_future<Dek>();
  supervisor_->submit(SingleUnwrap{.kek = std::move(kek),
                                   .wrapped = std::move(wrapped),
                                   .aad = std::move(aad),
                                   .deadline = supervisor_->deadline(),
                                   .done = std::move(completer)});
  return std::move(future);
}

Future<Result<AuditKey>> Client::create_audit_key(KeyVersion version) {
  return request_version<AuditKey>(*supervisor_, Op::create_audit_key, version, read_audit_key);
}

Future<Result<AuditKey>> Client::audit_key(KeyVersion version) {
  return request_version<AuditKey>(*supervisor_, Op::audit_key, version, read_audit_key);
}

Future<Status> Client::destroy_audit_key(KeyVersion version) {
  return request_version<void>(*supervisor_, Op::destroy_audit_key, version, decode_nothing);
}

Future<Result<ByteArray<64>>> Client::sign(KeyVersion audit_key, Bytes message) {
  Status checked = check_version(audit_key);
  if (checked && message.size() > kMaxMessage)
    checked = fail_invalid("message", fmt::format("must be at most {} bytes", kMaxMessage));
  return request<ByteArray<64>>(
      *supervisor_, checked, Op::sign, [&](WireWriter& out) { write_sign_request(out, audit_key, message); },
      [](ByteReader& in) { return read_array<64>(in); });
}

Future<Status> Client::create_wrapping_key(KeyVersion version) {
  const Status checked = check_version(version);
  return request<void>(
      *supervisor_, checked, Op::create_wrapping_key, [&](WireWriter& out) { out.u32(version); }, decode_nothing,
      kPairGeneration);
}

Future<Result<WrappingKey>> Client::wrapping_key(KeyVersion version) {
  return request_version<WrappingKey>(*supervisor_, Op::wrapping_key, version, read_wrapping_key);
}

Future<Status> Client::destroy_wrapping_key(KeyVersion version) {
  return request_version<void>(*supervisor_, Op::destroy_wrapping_key, version, decode_nothing);
}

Future<Result<ImportedOrgKek>> Client::import_org_kek(KeyVersion platform_version, Bytes aad, KeyToImport key) {
  Status checked = check_version(platform_version);
  if (checked) checked = check_version(key.wrapping_version);
  if (checked) checked = check_aad(aad);
  if (checked && (key.wrapped.empty() || key.wrapped.size() > kMaxWrappedImport))
    checked = fail_invalid("wrapped", fmt::format("must be 1 to {} bytes", kMaxWrappedImport));
  return request<ImportedOrgKek>(
      *supervisor_, checked, Op::import_org_kek,
      [&](WireWriter& out) { write_import_request(out, platform_version, aad, key); },
      [platform_version](ByteReader& in) -> Result<ImportedOrgKek> {
        ImportedOrgKek imported;
        KAITO_TRY(imported.kek, read_blob(in, platform_version));
        KAITO_TRY(imported.check_value, read_array<kCheckValueSize>(in));
        return imported;
      });
}

WorkerState Client::state() const { return supervisor_->state(); }

std::vector<CallCount> Client::call_counts() const { return supervisor_->statistics().counts(); }

void Client::stop() { supervisor_->stop(); }

}  // namespace kaito::hsm
