#include "hsm/mechanism.hpp"

#include <fmt/format.h>

namespace kaito::hsm {

std::string mechanism_name(CK_MECHANISM_TYPE type) {
  switch (type) {
    case CKM_AES_CBC: return "CKM_AES_CBC";
    case CKM_AES_ECB: return "CKM_AES_ECB";
    case CKM_AES_GCM: return "CKM_AES_GCM";
    case CKM_AES_KEY_GEN: return "CKM_AES_KEY_GEN";
    case CKM_AES_KEY_WRAP: return "CKM_AES_KEY_WRAP";
    case CKM_AES_KEY_WRAP_PAD: return "CKM_AES_KEY_WRAP_PAD";
    case kAesKeyWrapKwp: return "CKM_AES_KEY_WRAP_KWP";
    case CKM_EC_EDWARDS_KEY_PAIR_GEN: return "CKM_EC_EDWARDS_KEY_PAIR_GEN";
    case CKM_EDDSA: return "CKM_EDDSA";
    case CKM_SHA256_HMAC: return "CKM_SHA256_HMAC";
    case CKM_RSA_PKCS_KEY_PAIR_GEN: return "CKM_RSA_PKCS_KEY_PAIR_GEN";
    case CKM_RSA_PKCS_OAEP: return "CKM_RSA_PKCS_OAEP";
    default: return fmt::format("CKM_0x{:x}", type);
  }
}

}  // namespace kaito::hsm
