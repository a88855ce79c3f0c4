// The PKCS#11 header that p11-kit carries (OASIS PKCS #11 v2.40 names), and what v3.0 added.
#pragma once

#include <p11-kit/pkcs11.h>

namespace kaito::hsm {

inline constexpr CK_RV kAeadDecryptFailed = 0x42;            // PKCS#11 v3.0: CKR_AEAD_DECRYPT_FAILED
inline constexpr CK_MECHANISM_TYPE kAesKeyWrapKwp = 0x210b;  // PKCS#11 v3.0: CKM_AES_KEY_WRAP_KWP

}  // namespace kaito::hsm
