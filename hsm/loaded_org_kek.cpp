#include "hsm/loaded_org_kek.hpp"

#include "hsm/dek_wrap.hpp"

namespace kaito::hsm {

TokenResult<Bytes> LoadedOrgKek::wrap(Session& session, const WrapMethods& methods, ByteView dek, ByteView aad,
                                      Random& random) {
  ++use.encryptions;
  ++use.decryptions;  // what was sealed is opened again
  if (pair) return pair->wrap(session, dek, aad);
  return wrap_dek(session, key, methods, dek, aad, random);
}

TokenOutcome LoadedOrgKek::unwrap(Session& session, const WrapMethods& methods, ByteView blob, ByteView aad,
                                  std::span<std::uint8_t> dek) {
  ++use.decryptions;
  if (pair) return pair->unwrap(session, blob, aad, dek);
  return unwrap_dek(session, key, methods, blob, aad, dek);
}

}  // namespace kaito::hsm
