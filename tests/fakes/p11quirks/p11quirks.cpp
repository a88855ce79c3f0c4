// Forwards to the module that KAITO_QUIRKS_MODULE names and behaves as other HSMs do, by a list in KAITO_QUIRKS:
//   no-locking      C_Initialize with CKF_OS_LOCKING_OK is CKR_CANT_LOCK (F11)
//   sessions=N      no more than N sessions at once (F11)
//   own-iv          AES-GCM encrypts under an IV that the token chose and wrote into the parameters (F13)
//   no-import       secret keys neither come from outside nor can be read, as under FIPS 140
//   hide=MECHANISM  the token does not have it; a number, repeatable
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdlib.h>
#include <sys/random.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace {

// PKCS#11 functions have no context: what they share is static.
struct State {
  CK_FUNCTION_LIST* real = nullptr;
  CK_FUNCTION_LIST list{};
  bool no_locking = false;
  bool own_iv = false;
  bool no_import = false;
  CK_ULONG most_sessions = 0;
  std::set<CK_SESSION_HANDLE> sessions;
  std::set<CK_MECHANISM_TYPE> hidden;
};
State state;

void read_quirk(std::string_view quirk) {
  if (quirk == "no-locking") state.no_locking = true;
  if (quirk == "own-iv") state.own_iv = true;
  if (quirk == "no-import") state.no_import = true;
  const auto number = [&] { return std::stoul(std::string(quirk.substr(quirk.find('=') + 1)), nullptr, 0); };
  if (quirk.starts_with("sessions=")) state.most_sessions = number();
  if (quirk.starts_with("hide=")) state.hidden.insert(number());
}

void read_quirks(std::string_view list) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    read_quirk(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

bool is_hidden(const CK_MECHANISM* mechanism) { return mechanism && state.hidden.contains(mechanism->mechanism); }

// Attributes of a secret key that an HSM under FIPS 140 refuses.
bool is_refused(CK_ATTRIBUTE* attributes, CK_ULONG count, bool from_outside) {
  bool secret_key = !from_outside;
  bool readable = false;
  for (const CK_ATTRIBUTE& attribute : std::span(attributes, count)) {
    if (attribute.type == CKA_CLASS && attribute.ulValueLen == sizeof(CK_OBJECT_CLASS))
      secret_key = secret_key || *static_cast<CK_OBJECT_CLASS*>(attribute.pValue) == CKO_SECRET_KEY;
    if (attribute.type == CKA_SENSITIVE && attribute.ulValueLen == sizeof(CK_BBOOL))
      readable = *static_cast<CK_BBOOL*>(attribute.pValue) == CK_FALSE;
  }
  return state.no_import && secret_key && (from_outside || readable);
}

CK_RV initialize(void* arguments) {
  const auto* given = static_cast<CK_C_INITIALIZE_ARGS*>(arguments);
  if (state.no_locking && given && (given->flags & CKF_OS_LOCKING_OK) != 0) return CKR_CANT_LOCK;
  return state.real->C_Initialize(state.no_locking ? nullptr : arguments);
}

CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  const CK_RV value = state.real->C_GetTokenInfo(slot, info);
  if (value == CKR_OK && state.most_sessions != 0)
    info->ulMaxSessionCount = info->ulMaxRwSessionCount = state.most_sessions;
  return value;
}

CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void* application, CK_NOTIFY notify, CK_SESSION_HANDLE* session) {
  if (state.most_sessions != 0 && state.sessions.size() >= state.most_sessions) return CKR_SESSION_COUNT;
  const CK_RV value = state.real->C_OpenSession(slot, flags, application, notify, session);
  if (value == CKR_OK) state.sessions.insert(*session);
  return value;
}

CK_RV close_session(CK_SESSION_HANDLE session) {
  state.sessions.erase(session);
  return state.real->C_CloseSession(session);
}

CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE* list, CK_ULONG* count) {
  const CK_RV value = state.real->C_GetMechanismList(slot, list, count);
  if (value != CKR_OK || !list) return value;  // a count may be too large, never too small
  const auto all = std::span(list, *count);
  const auto hidden = std::ranges::remove_if(all, [](CK_MECHANISM_TYPE type) { return state.hidden.contains(type); });
  *count -= hidden.size();
  return CKR_OK;
}

CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* info) {
  if (state.hidden.contains(type)) return CKR_MECHANISM_INVALID;
  return state.real->C_GetMechanismInfo(slot, type, info);
}

CK_RV create_object(CK_SESSION_HANDLE session, CK_ATTRIBUTE* attributes, CK_ULONG count, CK_OBJECT_HANDLE* object) {
  if (is_refused(attributes, count, true)) return CKR_TEMPLATE_INCONSISTENT;
  return state.real->C_CreateObject(session, attributes, count, object);
}

CK_RV encrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  if (is_hidden(mechanism)) return CKR_MECHANISM_INVALID;
  if (state.own_iv && mechanism->mechanism == CKM_AES_GCM) {
    const auto* parameters = static_cast<CK_GCM_PARAMS*>(mechanism->pParameter);
    if (::getrandom(parameters->pIv, parameters->ulIvLen, 0) < 0) return CKR_RANDOM_NO_RNG;
  }
  return state.real->C_EncryptInit(session, mechanism, key);
}

CK_RV decrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  return is_hidden(mechanism) ? CKR_MECHANISM_INVALID : state.real->C_DecryptInit(session, mechanism, key);
}

CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  return is_hidden(mechanism) ? CKR_MECHANISM_INVALID : state.real->C_SignInit(session, mechanism, key);
}

CK_RV wrap_key(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key,
               CK_BYTE* out, CK_ULONG* size) {
  return is_hidden(mechanism) ? CKR_MECHANISM_INVALID
                              : state.real->C_WrapKey(session, mechanism, wrapping, key, out, size);
}

CK_RV unwrap_key(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE unwrapping, CK_BYTE* wrapped,
                 CK_ULONG size, CK_ATTRIBUTE* attributes, CK_ULONG count, CK_OBJECT_HANDLE* key) {
  if (is_hidden(mechanism)) return CKR_MECHANISM_INVALID;
  if (is_refused(attributes, count, false)) return CKR_TEMPLATE_INCONSISTENT;
  return state.real->C_UnwrapKey(session, mechanism, unwrapping, wrapped, size, attributes, count, key);
}

CK_RV get_function_list(CK_FUNCTION_LIST** list) {
  *list = &state.list;
  return CKR_OK;
}

bool load() {
  if (state.real) return true;
  const char* path = ::getenv("KAITO_QUIRKS_MODULE");
  void* library = path ? ::dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
  const auto get = library ? reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList")) : nullptr;
  if (!get || get(&state.real) != CKR_OK) return false;
  if (const char* quirks = ::getenv("KAITO_QUIRKS")) read_quirks(quirks);
  state.list = *state.real;
  state.list.C_Initialize = initialize;
  state.list.C_GetFunctionList = get_function_list;
  state.list.C_GetTokenInfo = get_token_info;
  state.list.C_OpenSession = open_session;
  state.list.C_CloseSession = close_session;
  state.list.C_GetMechanismList = get_mechanism_list;
  state.list.C_GetMechanismInfo = get_mechanism_info;
  state.list.C_CreateObject = create_object;
  state.list.C_EncryptInit = encrypt_init;
  state.list.C_DecryptInit = decrypt_init;
  state.list.C_SignInit = sign_init;
  state.list.C_WrapKey = wrap_key;
  state.list.C_UnwrapKey = unwrap_key;
  return true;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  return load() ? get_function_list(list) : CKR_GENERAL_ERROR;
}
