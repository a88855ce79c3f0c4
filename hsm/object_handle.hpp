// A handle and the epoch of the session that gave it: after a token was reopened, an old handle may name another
// object.
#pragma once

#include <cstdint>

#include "hsm/pkcs11.hpp"

namespace kaito::hsm {

struct ObjectHandle {
  CK_OBJECT_HANDLE value = CK_INVALID_HANDLE;
  std::uint64_t epoch = 0;
};

}  // namespace kaito::hsm
