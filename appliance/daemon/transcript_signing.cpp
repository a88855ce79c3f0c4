#include "appliance/daemon/transcript_signing.hpp"

#include "appliance/audit/journal.hpp"
#include "appliance/daemon/data_directory.hpp"
#include "appliance/daemon/hsm_parts.hpp"
#include "appliance/daemon/identity.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"

namespace kaito::daemon {
namespace {

constexpr std::string_view kMeta = "transcript.signatures";
constexpr std::uint32_t kMostInADay = 16;

// How many there were on a day, as days since 1970.
struct DaysSignatures {
  std::uint32_t day = 0;
  std::uint32_t count = 0;
};

Result<DaysSignatures> read_signatures(store::Reader& reader) {
  KAITO_TRY(const auto row, reader.meta(kMeta));
  if (!row) return DaysSignatures{};
  ByteReader bytes(*row);
  DaysSignatures signatures;
  KAITO_TRY(signatures.day, bytes.u32());
  KAITO_TRY(signatures.count, bytes.u32());
  return signatures;
}

// The record comes before the signature: one that nobody knows of must not exist. A ceremony asks once, and once more
// after each power cut at its end.
Status note_signature(store::Store& store, const std::string& origin, const provisioning::TranscriptChain& chain,
                      const Clock& clock, Logger& log) {
  KAITO_TRY(const auto journal, audit::Journal::open(store, origin, clock, log));
  audit::Event event{.action = "transcript.sign", .actor = {.kind = audit::ActorKind::system}};
  const auto kind = provisioning::fact(chain.lines.front().event.facts, "ceremony");
  event.details.push_back({.key = "ceremony", .value = std::string(kind)});
  event.details.push_back({.key = "head", .value = to_hex(chain.head)});
  const auto today = static_cast<std::uint32_t>(to_unix_s(clock.now()) / (24 * 3600));
  auto change = [&](store::Writer& writer, audit::Event&) -> Status {
    KAITO_TRY(DaysSignatures signatures, read_signatures(writer));
    if (signatures.day != today) signatures = {.day = today, .count = 0};
    if (signatures.count >= kMostInADay)
      return fail(Code::rate_limited, fmt::format("{} transcripts were signed today; wait for tomorrow", kMostInADay));
    Bytes row;
    append_u32(row, signatures.day);
    append_u32(row, signatures.count + 1);
    return writer.put_meta(kMeta, row);
  };
  KAITO_CHECK(sync_wait(journal->commit(std::move(event), std::move(change))));
  return {};
}

}  // namespace

Result<std::string> sign_transcript(const Config& config, std::string_view transcript, const Clock& clock,
                                    Logger& log) {
  const auto chain = provisioning::read_transcript(transcript);
  if (chain.fault) return fail(Code::integrity, "the transcript is damaged: " + describe(*chain.fault));
  if (chain.lines.empty() || chain.lines.back().event.event == "signed")
    return fail(Code::wrong_state, "the transcript is empty or signed already");
  const DataDirectory data(config.data_dir);
  KAITO_TRY(const auto lock, lock_data_directory(data));
  KAITO_TRY(auto usual, hsm_config(config, data));
  KAITO_TRY(const auto hsm, hsm::Client::start(patient(std::move(usual)), clock, log));
  KAITO_TRY(const auto keys, sync_wait(find_keys(*hsm, /*make_missing=*/false)));
  KAITO_TRY(const auto store, store::sqlite::open_store(data.database(), {}, log));
  KAITO_TRY(const std::string id, appliance_id(*store));

  const std::string origin = "kaito.local/" + id;
  const hsm::AuditKey& newest = keys.audit_keys.back();
  KAITO_TRY(auto key, audit::VerifierKey::make(origin, newest.public_key));
  KAITO_CHECK(note_signature(*store, origin, chain, clock, log));
  const std::string statement = provisioning::transcript_statement(origin, chain);
  const ByteView text = as_bytes(statement);
  auto signing = [&]() -> Task<Result<ByteArray<64>>> {
    co_return co_await hsm->sign(newest.version, Bytes(text.begin(), text.end()));
  };
  KAITO_TRY(const auto signature, sync_wait(signing()));
  if (!key.verifies(text, signature))
    return fail(Code::hsm_key_rejected, "the HSM's signature of the transcript does not verify");
  const audit::NoteSignature signatures[] = {{std::move(key), signature}};
  return audit::sign_note(statement, signatures);
}

}  // namespace kaito::daemon
