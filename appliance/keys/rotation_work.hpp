// What a rotation does to the keys of one kind. The engine calls the steps in the order of store::RotationPhase; each
// may be repeated after a stop at any point, so each finds out for itself what is done already.
#pragma once

#include <memory>
#include <vector>

#include "appliance/audit/key_certificate.hpp"
#include "appliance/keys/audit_signer.hpp"
#include "appliance/keys/escrow.hpp"
#include "appliance/keys/org_keys.hpp"
#include "appliance/store/store.hpp"

namespace kaito::keys {

// What all rotations work with.
struct RotationParts {
  hsm::Client& hsm;
  store::Store& store;
  store::Keyring& keyring;
  OrgKeys& org_keys;
  Escrow& escrow;
  AuditSigner& signer;
  audit::Journal& journal;
  const Clock& clock;
  Logger& log;
};

struct RotationSlice {
  std::uint64_t worked = 0;  // wrapped keys
  bool finished = false;     // nothing is left to wrap anew
};

inline constexpr std::size_t kCallsAhead = 2;  // calls that the worker always has

using CertificateFacts = std::vector<audit::CertificateField>;

// Used by one thread, for one rotation.
class RotationWork {
 public:
  virtual ~RotationWork() = default;

  // Makes the new version and lets everything new use it.
  virtual Task<Status> prepare(const store::Rotation& rotation) = 0;
  // What is under older versions now.
  virtual Result<std::uint64_t> remaining(const store::Rotation& rotation) = 0;
  // Wraps a slice of that anew and notes the progress in the rotation's row. Code::integrity when what is left cannot
  // be unwrapped.
  virtual Task<Result<RotationSlice>> rewrap(const store::Rotation& rotation) = 0;

  // Shuts the older versions out for ever, with all that is not in the store. Code::conflict when something came under
  // one meanwhile: then rewrap() goes on.
  virtual Task<Status> shut_out(const store::Rotation& rotation) = 0;
  // The same in the store, in the transaction that settles the certificate; says what the certificate says.
  virtual Status settle(store::Writer& writer, const store::Rotation& rotation, CertificateFacts& facts) = 0;

  // Destroys the older versions and makes sure that they are gone.
  virtual Task<Status> destroy(const store::Rotation& rotation) = 0;
  virtual Status settle_destruction(store::Writer& writer, const store::Rotation& rotation,
                                    CertificateFacts& facts) = 0;

  // Further keys that sign the certificates, beside the present audit key.
  virtual Task<Result<std::vector<std::shared_ptr<audit::CheckpointSigner>>>> cosigners(const store::Rotation&) {
    co_return std::vector<std::shared_ptr<audit::CheckpointSigner>>{};
  }
};

std::unique_ptr<RotationWork> make_platform_rotation(RotationParts parts);
std::unique_ptr<RotationWork> make_org_rotation(RotationParts parts);
std::unique_ptr<RotationWork> make_audit_rotation(RotationParts parts);
std::unique_ptr<RotationWork> make_backup_rotation(RotationParts parts);
std::unique_ptr<RotationWork> make_rotation_work(store::KeyKind kind, RotationParts parts);

// For the works: a key that is there already is as good as one that was just made.
template <class T>
Status made_or_there(const Result<T>& made) {
  if (made || made.error().code == Code::conflict) return {};
  return fail(made.error());
}

// Adds to the row's progress, whatever its state has become.
Status add_progress(store::Writer& writer, const RotationId& id, std::uint64_t worked, TimePoint now);
// One job of the store, awaited.
Task<Status> write(store::Store& store, store::Job job);

}  // namespace kaito::keys
