// The daemon's side of one HSM: starts the worker process, keeps it alive and talks to it.
//
// Every call is thread-safe, returns at once and is answered within ClientConfig::call_deadline. A Future resumes on
// the executor of the thread that awaits it. Errors common to all calls:
//   hsm_unavailable  worker or token gone, too slow, or too many calls outstanding; try again later
//   invalid_request  an argument is out of the bounds named below
// DEKs cross a private socketpair between the two processes in clear; the buffers that carry them are wiped.
#pragma once

#include <memory>
#include <vector>

#include "appliance/base/log.hpp"
#include "appliance/base/task.hpp"
#include "appliance/base/time.hpp"
#include "hsm/client/call_statistics.hpp"
#include "hsm/client/client_config.hpp"
#include "hsm/client/worker_state.hpp"
#include "hsm/protocol/key_import.hpp"
#include "hsm/protocol/token_status.hpp"
#include "hsm/protocol/wrapped_dek.hpp"
#include "hsm/protocol/wrapped_org_kek.hpp"

namespace kaito::hsm {

class Supervisor;

class Client {
 public:
  // Starts the worker, which opens the token and runs its preflight. Blocks until it serves or start_deadline.
  //   hsm_pin_rejected  one login was tried; the worker is not started again, so the PIN is never locked
  //   hsm_key_rejected  a key in the token has attributes, or an answer, that it must not have
  //   configuration     URI, module, token or program not found, ambiguous, or in use by another process
  // `clock` and `logger` must outlive the client.
  static Result<std::unique_ptr<Client>> start(ClientConfig config, const Clock& clock, Logger& logger);

  // The same without waiting: the worker starts in the background, and calls wait for it, each until its deadline.
  // Code::configuration: the bounds in `config` are wrong.
  static Result<std::unique_ptr<Client>> launch(ClientConfig config, const Clock& clock, Logger& logger);

  ~Client();  // stop()
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Future<Result<TokenStatus>> status();
  // A real operation in the token, with a known answer.
  Future<Status> canary();

  // conflict: the version exists. The key never leaves the token; when this returns, the token's copy is durable.
  Future<Result<PlatformKek>> create_platform_kek(KeyVersion version);
  // Success once the token was searched again and the key was not found, and the guarded copy of the token directory
  // was rewritten without it; also when there was no such version, so that a repetition after a crash is harmless. Org
  // KEKs that were loaded from it are dropped. After an error the key may or may not be there: repeat.
  Future<Status> destroy_platform_kek(KeyVersion version);
  // not_found: no such platform KEK. The org KEK is generated in the token and leaves it only wrapped; `aad` binds the
  // blob to its place (org id and version) and is asked for again at every use.
  Future<Result<WrappedOrgKek>> create_org_kek(KeyVersion platform_version, Bytes aad);
  // Unwraps and verifies now what wrap and unwrap would load on demand. integrity: blob altered, or not of this `aad`.
  Future<Status> load_org_kek(OrgKekRef kek);

  // A key of a customer's token (ClientConfig::customer) that wraps an org's DEKs from now on: found by `key`, an RFC
  // 7512 URI with `object` or `id`, checked, tried, and bound to `aad`. `make`: generated there under that name when it
  // is missing. The blob serves like any org KEK's. hsm_key_rejected says in `detail` which key and why.
  Future<Result<WrappedOrgKek>> adopt_org_kek(std::string key, bool make, Bytes aad);

  // The same org KEKs under another platform KEK; one result each, in order. not_found: no such version `from` or `to`.
  // integrity on one: altered, not of its `aad`, or not wrapped by `from`. Each new blob was opened again before it is
  // given out. The org KEKs never leave the token.
  Future<Result<std::vector<Result<WrappedOrgKek>>>> rewrap_org_keks(KeyVersion from, KeyVersion to,
                                                                     std::vector<OrgKekToRewrap> keks);

  // One result per DEK, in order. The outer error concerns the org KEK or the worker. Lists longer than max_batch are
  // cut into several frames.
  Future<Result<std::vector<Result<WrappedDek>>>> wrap_deks(OrgKekRef kek, std::vector<DekToWrap> deks);
  // integrity on a DEK: altered, or not of this org KEK and AAD.
  Future<Result<std::vector<Result<Dek>>>> unwrap_deks(OrgKekRef kek, std::vector<DekToUnwrap> deks);
  // The same for one DEK. Calls that are made while the worker is busy travel together in one frame.
  Future<Result<Dek>> unwrap_dek(OrgKekRef kek, WrappedDek wrapped, Bytes aad);

  // Opens DEKs with one org KEK and seals them with another (or the same); the DEKs do not leave the worker. One result
  // each, in order. What the token opened is held against the DEK's proof, and each new one was opened again, so that
  // the old wrap may be given up. integrity on one: altered, not of `from` and its aad_before, or what the token makes
  // of it does not open its proof, twice. hsm_unavailable for all: a DEK without a proof was opened twice, to different
  // bytes.
  Future<Result<std::vector<Result<WrappedDek>>>> rewrap_deks(OrgKekRef from, OrgKekRef to,
                                                              std::vector<DekToRewrap> deks);

  // conflict: the version exists.
  Future<Result<AuditKey>> create_audit_key(KeyVersion version);
  // not_found: no such version.
  Future<Result<AuditKey>> audit_key(KeyVersion version);
  // As destroy_platform_kek().
  Future<Status> destroy_audit_key(KeyVersion version);
  // Ed25519 (RFC 8032 §5.1, no pre-hash) over `message`, at most 64 KiB.
  Future<Result<ByteArray<64>>> sign(KeyVersion audit_key, Bytes message);

  // AES-256 that wraps and unwraps, as a platform KEK does, with versions of its own. conflict: the version exists.
  Future<Result<PlatformKek>> create_backup_key(KeyVersion version);
  // As destroy_platform_kek().
  Future<Status> destroy_backup_key(KeyVersion version);

  // An RSA pair by which customers send keys, RSA-4096 or RSA-3072; the private half unwraps and does nothing else. The
  // worker does nothing else for the second or two that it takes. conflict: the version exists. hsm_unsupported: the
  // token has no such keys.
  Future<Status> create_wrapping_key(KeyVersion version);
  // Its public half, and how to wrap with it. not_found: no such version.
  Future<Result<WrappingKey>> wrapping_key(KeyVersion version);
  // As destroy_platform_kek().
  Future<Status> destroy_wrapping_key(KeyVersion version);
  // A customer's AES-256 key as an org KEK. It is unwrapped in the token, wrapped there by the platform KEK and never
  // in clear outside. Nothing is kept here: what to make of the check value is the caller's.
  //   integrity        it does not unwrap: altered, or wrapped for another key or with another hash
  //   invalid_request  it is no AES-256 key
  //   not_found        no such wrapping key, or no such platform KEK
  Future<Result<ImportedOrgKek>> import_org_kek(KeyVersion platform_version, Bytes aad, KeyToImport key);

  [[nodiscard]] WorkerState state() const;
  // How often the worker was asked for what, since the client started.
  [[nodiscard]] std::vector<CallCount> call_counts() const;

  // The worker finishes what it was sent and exits; calls made from now on get hsm_unavailable. Blocks for at most
  // call_deadline, then kills. Repeatable.
  void stop();

 private:
  explicit Client(std::unique_ptr<Supervisor> supervisor);
  std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace kaito::hsm
