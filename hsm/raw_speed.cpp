#include "hsm/raw_speed.hpp"

#include "hsm/aes_gcm.hpp"
#include "hsm/protocol/wrapped_dek.hpp"

namespace kaito::hsm {

TokenResult<double> raw_gcm_decrypts_per_second(Session& session, const Clock& clock, Milliseconds duration) {
  constexpr int kBetweenLooksAtTheClock = 256;
  Mechanism generation(CKM_AES_KEY_GEN);
  KAITO_TRY(const ObjectHandle handle, session.generate_key(generation.get(), AttributeTemplate()
                                                                                  .number(CKA_VALUE_LEN, kDekSize)
                                                                                  .flag(CKA_TOKEN, false)
                                                                                  .flag(CKA_PRIVATE, true)
                                                                                  .flag(CKA_SENSITIVE, true)
                                                                                  .flag(CKA_ENCRYPT, true)
                                                                                  .flag(CKA_DECRYPT, true)));
  const OwnedObject key(session, handle);
  ByteArray<kGcmIvSize> iv{};
  ByteArray<kDekSize + kGcmTagSize> sealed{};
  const ByteArray<64> aad{};
  ByteArray<kDekSize> dek{};
  KAITO_CHECK(gcm_seal(session, key.handle(), iv, aad, dek, kGcmTagSize, sealed));
  std::uint64_t count = 0;
  const SteadyPoint start = clock.steady_now();
  SteadyPoint now = start;
  while (now < start + duration) {
    for (int i = 0; i < kBetweenLooksAtTheClock; ++i)
      KAITO_CHECK(gcm_open(session, key.handle(), iv, aad, sealed, kGcmTagSize, dek));
    count += kBetweenLooksAtTheClock;
    now = clock.steady_now();
  }
  return static_cast<double>(count) / std::chrono::duration<double>(now - start).count();
}

}  // namespace kaito::hsm
