// Issues a rotation's certificates, each exactly once.
#pragma once

#include "appliance/keys/rotation_work.hpp"

namespace kaito::keys {

// Settles the statement, signs it, and commits the signature with its audit record and `next`, in that order. Taken up
// again after a stop, it signs the settled statement: Ed25519 gives the same signature, and a note that is stored is
// never written again. Code::conflict when the statement would not be true yet.
Task<Status> issue_certificate(const RotationParts& parts, RotationWork& work, const store::Rotation& rotation,
                               store::CertificateKind kind, std::function<void(store::Rotation&)> next);

// An event of the appliance itself about a rotation. `action` is static text.
audit::Event rotation_event(std::string_view action, const store::Rotation& rotation);

}  // namespace kaito::keys
