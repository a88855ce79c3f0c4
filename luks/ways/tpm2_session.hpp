// What tpm2.cpp needs of the TSS: the connection, and owners of what is loaded into the TPM. Not for others to include.
#pragma once

#include <tss2/tss2_esys.h>

#include <string_view>
#include <utility>

#include "luks/ways/signed_policy.hpp"
#include "luks/ways/tpm2.hpp"

namespace kaito::luks {

struct Tpm2::Connection {
  TSS2_TCTI_CONTEXT* tcti = nullptr;
  ESYS_CONTEXT* esys = nullptr;

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();
};

// An error when `result` is one; the code says what the caller can do about it.
Status tpm_check(std::string_view doing, TSS2_RC result);

// Flushes a transient object or session.
class TpmHandle {
 public:
  explicit TpmHandle(ESYS_CONTEXT* esys) : esys_(esys) {}
  TpmHandle(TpmHandle&& other) noexcept : esys_(other.esys_), handle_(std::exchange(other.handle_, ESYS_TR_NONE)) {}
  TpmHandle& operator=(TpmHandle&&) = delete;
  TpmHandle(const TpmHandle&) = delete;
  TpmHandle& operator=(const TpmHandle&) = delete;
  ~TpmHandle() {
    if (handle_ != ESYS_TR_NONE) Esys_FlushContext(esys_, handle_);
  }
  [[nodiscard]] ESYS_TR get() const noexcept { return handle_; }
  [[nodiscard]] ESYS_TR* put() noexcept { return &handle_; }

 private:
  ESYS_CONTEXT* esys_;
  ESYS_TR handle_ = ESYS_TR_NONE;
};

// What the TSS allocated for a reply; secrets in it are wiped by the caller first.
struct EsysFree {
  void operator()(void* memory) const noexcept { Esys_Free(memory); }
};
template <class T>
using EsysOwned = std::unique_ptr<T, EsysFree>;

// The storage key below which everything is sealed: systemd's template (ECC P-256, AES-128-CFB) in the owner's
// hierarchy.
Result<TpmHandle> make_primary(ESYS_CONTEXT* esys);

// A session salted with the primary key: parameters do not travel in clear between processor and TPM.
Result<TpmHandle> start_session(ESYS_CONTEXT* esys, TPM2_SE type, const TpmHandle& primary);

// Puts the present values of the SHA-256 registers into a policy session.
Status policy_of_pcrs(ESYS_CONTEXT* esys, const TpmHandle& session, const std::vector<unsigned>& pcrs);
// Lets the values of `pcrs` pass that `key` has signed (TPM2_PolicyAuthorize): the session must be new. A trial session
// needs no signatures.
Status policy_of_signer(ESYS_CONTEXT* esys, const TpmHandle& session, const PolicyKey& key,
                        const std::vector<unsigned>& pcrs, const std::string* signatures);
Result<Bytes> policy_digest(ESYS_CONTEXT* esys, const TpmHandle& session);

}  // namespace kaito::luks
