#include "appliance/daemon/transcript_signing.hpp"

#include "appliance/daemon/data_directory.hpp"
#include "appliance/daemon/hsm_parts.hpp"
#include "appliance/daemon/identity.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"

namespace kaito::daemon {

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
