// The choke point: the only place from which a module's functions are called, and the only one that looks at a CK_RV.
#pragma once

#include <fmt/format.h>

#include "hsm/failure.hpp"
#include "hsm/pkcs11.hpp"

namespace kaito::hsm {

template <class Pointer>
struct Function {
  std::string_view name;
  Pointer CK_FUNCTION_LIST::* member;
  Purpose purpose = Purpose::general;
};

namespace function {
#define KAITO_FUNCTION(constant, name, ...) \
  inline constexpr Function constant { #name, &CK_FUNCTION_LIST::name __VA_OPT__(, ) __VA_ARGS__ }
KAITO_FUNCTION(initialize, C_Initialize);
KAITO_FUNCTION(finalize, C_Finalize);
KAITO_FUNCTION(get_info, C_GetInfo);
KAITO_FUNCTION(get_slot_list, C_GetSlotList);
KAITO_FUNCTION(get_token_info, C_GetTokenInfo);
KAITO_FUNCTION(get_mechanism_info, C_GetMechanismInfo);
KAITO_FUNCTION(init_token, C_InitToken);
KAITO_FUNCTION(init_pin, C_InitPIN);
KAITO_FUNCTION(open_session, C_OpenSession);
KAITO_FUNCTION(close_session, C_CloseSession);
KAITO_FUNCTION(login, C_Login);
KAITO_FUNCTION(logout, C_Logout);
KAITO_FUNCTION(create_object, C_CreateObject);
KAITO_FUNCTION(destroy_object, C_DestroyObject);
KAITO_FUNCTION(get_attribute_value, C_GetAttributeValue);
KAITO_FUNCTION(find_objects_init, C_FindObjectsInit);
KAITO_FUNCTION(find_objects, C_FindObjects);
KAITO_FUNCTION(find_objects_final, C_FindObjectsFinal);
KAITO_FUNCTION(encrypt_init, C_EncryptInit);
KAITO_FUNCTION(encrypt, C_Encrypt);
KAITO_FUNCTION(decrypt_init, C_DecryptInit);
KAITO_FUNCTION(decrypt, C_Decrypt, Purpose::opens_data);
KAITO_FUNCTION(sign_init, C_SignInit);
KAITO_FUNCTION(sign, C_Sign);
KAITO_FUNCTION(verify_init, C_VerifyInit);
KAITO_FUNCTION(verify, C_Verify, Purpose::verifies);
KAITO_FUNCTION(generate_key, C_GenerateKey);
KAITO_FUNCTION(generate_key_pair, C_GenerateKeyPair);
KAITO_FUNCTION(wrap_key, C_WrapKey);
KAITO_FUNCTION(unwrap_key, C_UnwrapKey, Purpose::opens_data);
#undef KAITO_FUNCTION
}  // namespace function

// A module's function list. Copied freely; valid while the Modules that loaded it lives.
class Cryptoki {
 public:
  explicit Cryptoki(CK_FUNCTION_LIST* functions) noexcept : functions_(functions) {}

  template <class Pointer, class... Arguments>
  TokenOutcome call(const Function<Pointer>& function, Arguments... arguments) const {
    const Pointer pointer = functions_->*function.member;
    const CK_RV value = pointer ? pointer(arguments...) : CKR_FUNCTION_NOT_SUPPORTED;
    if (value == CKR_OK) [[likely]]
      return {};
    return judge(function.name, value, function.purpose);
  }

 private:
  static TokenOutcome judge(std::string_view function, CK_RV value, Purpose purpose);
  CK_FUNCTION_LIST* functions_;
};

}  // namespace kaito::hsm
