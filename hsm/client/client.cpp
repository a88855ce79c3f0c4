#include "hsm/client/client.hpp"

#include <fmt/format.h>

#include <concepts>

#include "hsm/client/supervisor.hpp"
#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {
namespace {

constexpr std::size_t kMaxList = 65536;  // DEKs in one call

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

Status check_kek(const OrgKekRef& kek) {
  if (!kek) return fail_invalid("kek", "must be given");
  if (kek->wrapped.blob.empty() || kek->wrapped.blob.size() > kMaxBlob)
    return fail_invalid("kek", fmt::format("must have a blob of 1 to {} bytes", kMaxBlob));
  return check_aad(kek->aad);
}

Status check_wrapped(const WrappedDek& wrapped) {
  // What cannot be a wrapped DEK is one that was altered.
  if (wrapped.blob.empty() || wrapped.blob.size() > kMaxWrappedDek)
    return fail(Code::integrity, fmt::format("wrapped DEK of {} bytes", wrapped.blob.size()));
  return {};
}

template <class Item>
Status check_list(const OrgKekRef& kek, const std::vector<Item>& items) {
  KAITO_CHECK(check_kek(kek));
  if (items.size() > kMaxList) return fail_invalid("deks", fmt::format("must be at most {}", kMaxList));
  for (const auto& item : items) {
    KAITO_CHECK(check_aad(item.aad));
    if constexpr (std::same_as<Item, DekToWrap>)
      if (item.dek.size() != kDekSize) return fail_invalid("dek", fmt::format("must be {} bytes", kDekSize));
    if constexpr (std::same_as<Item, DekToUnwrap>) KAITO_CHECK(check_wrapped(item.wrapped));
  }
  return {};
}

std::size_t wire_size(const DekToWrap& item) { return kDekSize + item.aad.size() + 2; }
std::size_t wire_size(const DekToUnwrap& item) { return item.wrapped.blob.size() + item.aad.size() + 4; }

template <class V>
Future<Result<V>> refused(Error error) {
  auto [future, completer] = make_future<V>();
  completer.set(fail(std::move(error)));
  return std::move(future);
}

// Sends what `encode(WireWriter&)` writes; the answer is what `decode(ByteReader&)` reads.
template <class V, class Encode, class Decode>
Future<Result<V>> request(Supervisor& supervisor, const Status& checked, Op op, Encode encode, Decode decode) {
  if (!checked) return refused<V>(checked.error());
  auto [future, completer] = make_future<V>();
  Call call{.op = op, .payload = {}, .deadline = supervisor.deadline(), .done = {}};
  WireWriter out(call.payload);
  encode(out);
  call.done = [done = std::move(completer), decode](Result<ByteReader> reply) mutable {
    if (reply)
      done.set(decode(*reply));
    else
      done.set(fail(std::move(reply).error()));
  };
  supervisor.submit(std::move(call));
  return std::move(future);
}

void encode_nothing(WireWriter&) {}
Status decode_nothing(ByteReader&) { return {}; }

Result<AuditKey> read_audit_key(ByteReader& in) {
  AuditKey key;
  KAITO_TRY(key.version, in.u32());
  KAITO_TRY(key.public_key, read_array<32>(in));
  return key;
}

// A list that travels in several frames: collects their results, answers with all of them or the first error.
template <class Output>
class Parts {
 public:
  Parts(Completer<std::vector<Result<Output>>> done, std::size_t parts) : done_(std::move(done)), results_(parts) {}

  // On the supervisor's thread, or on the submitting thread when a part is refused at once.
  void answer(std::size_t part, Result<std::vector<Result<Output>>> result) {
    const std::scoped_lock lock(mutex_);
    if (result)
      results_[part] = *std::move(result);
    else if (!error_)
      error_ = std::move(result).error();
    if (++answered_ < results_.size()) return;
    if (error_) return done_.set(fail(*std::move(error_)));
    std::vector<Result<Output>> all;
    for (auto& some : results_) std::ranges::move(some, std::back_inserter(all));
    done_.set(std::move(all));
  }

 private:
  std::mutex mutex_;
  Completer<std::vector<Result<Output>>> done_;
  std::vector<std::vector<Result<Output>>> results_;
  std::size_t answered_ = 0;
  std::optional<Error> error_;
};

// Cuts `items` into frames. `encode(WireWriter&, span)` writes one frame's request; `begin(ByteReader&)` reads what
// stands before the reply's DEKs, `read(ByteReader&)` one DEK.
template <class Output, class Item, class Encode, class Begin, class Read>
Future<Result<std::vector<Result<Output>>>> request_list(Supervisor& supervisor, const OrgKekRef& kek,
                                                         std::vector<Item> items, Op op, Encode encode, Begin begin,
                                                         Read read) {
  using List = std::vector<Result<Output>>;
  if (auto checked = check_list(kek, items); !checked) return refused<List>(std::move(checked).error());
  const std::size_t batch = supervisor.config().max_batch;
  const std::size_t count = std::max<std::size_t>(1, (items.size() + batch - 1) / batch);
  auto [future, completer] = make_future<List>();
  auto parts = std::make_shared<Parts<Output>>(std::move(completer), count);
  for (std::size_t part = 0; part < count; ++part) {
    const auto some = std::span(items).subspan(part * batch, std::min(batch, items.size() - part * batch));
    Call call{.op = op, .payload = {}, .deadline = supervisor.deadline(), .done = {}};
    // All at once, so that a payload with DEKs is not moved as it grows.
    std::size_t bound = kek->wrapped.blob.size() + kek->aad.size() + 16;
    for (const Item& item : some) bound += wire_size(item);
    call.payload.reserve(bound);
    WireWriter out(call.payload);
    encode(out, some);
    call.done = [parts, part, size = some.size(), begin, read](Result<ByteReader> reply) {
      if (!reply) return parts->answer(part, fail(std::move(reply).error()));
      if (auto begun = begin(*reply); !begun) return parts->answer(part, fail(std::move(begun).error()));
      List results;
      results.reserve(size);
      for (std::size_t i = 0; i < size; ++i) results.push_back(read(*reply));
      parts->answer(part, std::move(results));
    };
    supervisor.submit(std::move(call));
  }
  return std::move(future);
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

Client::Client(std::unique_ptr<Supervisor> supervisor) : supervisor_(std::move(supervisor)) {}
Client::~Client() = default;

Future<Result<TokenStatus>> Client::status() {
  return request<TokenStatus>(*supervisor_, {}, Op::status, encode_nothing, read_token_status);
}

Future<Status> Client::canary() { return request<void>(*supervisor_, {}, Op::canary, encode_nothing, decode_nothing); }

Future<Result<PlatformKek>> Client::create_platform_kek(KeyVersion version) {
  return request<PlatformKek>(
      *supervisor_, check_version(version), Op::create_platform_kek, [&](WireWriter& out) { out.u32(version); },
      [](ByteReader& in) -> Result<PlatformKek> {
        PlatformKek kek;
        KAITO_TRY(kek.version, in.u32());
        return kek;
      });
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
      [platform_version](ByteReader& in) -> Result<WrappedOrgKek> {
        KAITO_TRY(const ByteView blob, read_string(in, kMaxBlob));
        return WrappedOrgKek{.platform_version = platform_version, .blob = Bytes(blob.begin(), blob.end())};
      });
}

Future<Status> Client::load_org_kek(OrgKekRef kek) {
  return request<void>(
      *supervisor_, check_kek(kek), Op::load_org_kek, [&](WireWriter& out) { write_org_kek(out, *kek); },
      decode_nothing);
}

Future<Result<std::vector<Result<WrappedDek>>>> Client::wrap_deks(OrgKekRef kek, std::vector<DekToWrap> deks) {
  return request_list<WrappedDek>(
      *supervisor_, kek, std::move(deks), Op::wrap_deks,
      [&](WireWriter& out, std::span<const DekToWrap> some) { write_wrap_request(out, *kek, some); }, decode_nothing,
      read_wrap_result);
}

Future<Result<std::vector<Result<Dek>>>> Client::unwrap_deks(OrgKekRef kek, std::vector<DekToUnwrap> deks) {
  return request_list<Dek>(
      *supervisor_, kek, std::move(deks), Op::unwrap_deks,
      [&](WireWriter& out, std::span<const DekToUnwrap> some) {
        write_group_count(out, 1);
        write_group(out, *kek, some.size());
        for (const auto& item : some) write_dek_to_unwrap(out, item.wrapped.blob, item.aad);
      },
      read_outcome,  // the only group's
      read_unwrap_result);
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
  return request<AuditKey>(
      *supervisor_, check_version(version), Op::create_audit_key, [&](WireWriter& out) { out.u32(version); },
      read_audit_key);
}

Future<Result<AuditKey>> Client::audit_key(KeyVersion version) {
  return request<AuditKey>(
      *supervisor_, check_version(version), Op::audit_key, [&](WireWriter& out) { out.u32(version); }, read_audit_key);
}

Future<Result<ByteArray<64>>> Client::sign(KeyVersion audit_key, Bytes message) {
  Status checked = check_version(audit_key);
  if (checked && message.size() > kMaxMessage)
    checked = fail_invalid("message", fmt::format("must be at most {} bytes", kMaxMessage));
  return request<ByteArray<64>>(
      *supervisor_, checked, Op::sign, [&](WireWriter& out) { write_sign_request(out, audit_key, message); },
      [](ByteReader& in) { return read_array<64>(in); });
}

WorkerState Client::state() const { return supervisor_->state(); }

void Client::stop() { supervisor_->stop(); }

}  // namespace kaito::hsm
