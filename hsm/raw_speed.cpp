#include "hsm/raw_speed.hpp"

#include "hsm/aes_gcm.hpp"
#include "hsm/protocol/wrapped_dek.hpp"

namespace kaito::hsm {
namespace {

TokenResult<OwnedObject> make_key(Session& session) {
  Mechanism generation(CKM_AES_KEY_GEN);
  KAITO_TRY(const ObjectHandle handle, session.generate_key(generation.get(), AttributeTemplate()
                                                                                  .number(CKA_VALUE_LEN, kDekSize)
                                                                                  .flag(CKA_TOKEN, false)
                                                                                  .flag(CKA_PRIVATE, true)
                                                                                  .flag(CKA_SENSITIVE, true)
                                                                                  .flag(CKA_ENCRYPT, true)
                                                                                  .flag(CKA_DECRYPT, true)));
  return OwnedObject(session, handle);
}

template <class Operation>
TokenResult<double> per_second(const Clock& clock, Milliseconds duration, Operation operation) {
  constexpr int kBetweenLooksAtTheClock = 256;
  std::uint64_t count = 0;
  const SteadyPoint start = clock.steady_now();
  SteadyPoint now = start;
  while (now < start + duration) {
    for (int i = 0; i < kBetweenLooksAtTheClock; ++i) KAITO_CHECK(operation());
    count += kBetweenLooksAtTheClock;
    now = clock.steady_now();
  }
  return static_cast<double>(count) / std::chrono::duration<double>(now - start).count();
}

}  // namespace

TokenResult<RawSpeed> measure_raw_speed(Session& session, const Clock& clock, Milliseconds duration) {
  KAITO_TRY(const OwnedObject first, make_key(session));
  KAITO_TRY(const OwnedObject second, make_key(session));
  ByteArray<kGcmIvSize> iv{};
  ByteArray<kGcmIvSize> next_iv{};
  ByteArray<kDekSize + kGcmTagSize> sealed{};
  ByteArray<kDekSize + kGcmTagSize> resealed{};
  const ByteArray<64> aad{};
  ByteArray<kDekSize> dek{};
  KAITO_CHECK(gcm_seal(session, first.handle(), iv, aad, dek, kGcmTagSize, sealed));
  const auto open = [&] { return gcm_open(session, first.handle(), iv, aad, sealed, kGcmTagSize, dek); };
  RawSpeed speed;
  KAITO_TRY(speed.decrypts, per_second(clock, duration, open));
  KAITO_TRY(speed.recrypts, per_second(clock, duration, [&]() -> TokenOutcome {
              KAITO_CHECK(open());
              ++next_iv[0];  // as cheap as can be; these ciphertexts are thrown away
              return gcm_seal(session, second.handle(), next_iv, aad, dek, kGcmTagSize, resealed);
            }));
  return speed;
}

}  // namespace kaito::hsm
