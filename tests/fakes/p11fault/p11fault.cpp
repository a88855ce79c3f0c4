#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <mutex>
#include <sstream>

#include "tests/fakes/p11fault/control.hpp"
#include "tests/fakes/p11fault/plan.hpp"
#include "tests/fakes/p11fault/spoil.hpp"

namespace p11fault {
namespace {

// PKCS#11 functions are plain pointers without a context, so what they share is static.
struct State {
  std::mutex mutex;
  CK_FUNCTION_LIST* real = nullptr;
  CK_FUNCTION_LIST list{};
  Plan plan;
  unsigned long fired = 0;
  std::string calls_text;
};
State state;

// A file that a test replaces while the module is in use.
class PlanFile {
 public:
  // Reads it when it is another one than last time. False: it is not a plan.
  bool refresh(Plan& plan) {
    const char* path = std::getenv("P11FAULT_PLAN");
    struct stat now{};
    if (!path) return true;
    if (::stat(path, &now) != 0) return false;
    if (now.st_ino == inode_) return true;
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    auto read = Plan::parse(text.str());
    if (!file || !read) return false;
    inode_ = now.st_ino;
    plan = *std::move(read);
    return true;
  }

 private:
  ino_t inode_ = 0;
};
PlanFile plan_file;

// Nothing: no fault is due.
std::optional<Fault> due(std::string_view function) {
  const std::scoped_lock lock(state.mutex);
  if (!plan_file.refresh(state.plan)) std::abort();
  const Fault* fault = state.plan.called(function);
  return fault ? std::optional(*fault) : std::nullopt;
}

// False: a plan that strikes once has struck already.
bool fire(const Fault& fault) {
  if (const char* path = std::getenv("P11FAULT_REPORT")) {
    const int file = ::open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return false;
    const std::string line = fault.function + " " + std::to_string(fault.first) + "\n";
    const bool written = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    ::close(file);
    if (!written) std::abort();
  }
  const std::scoped_lock lock(state.mutex);
  ++state.fired;
  return true;
}

template <auto kMember, class Pointer>
struct Hook;
template <auto kMember, class... Arguments>
struct Hook<kMember, CK_RV (*)(Arguments...)> {
  static inline std::string_view name;

  static CK_RV call(Arguments... arguments) {
    const auto fault = due(name);
    if (!fault) return forward(arguments...);
    switch (fault->kind) {
      case Kind::give: return fire(*fault) ? fault->value : forward(arguments...);
      case Kind::give_after: {
        const CK_RV value = forward(arguments...);
        return fire(*fault) ? fault->value : value;
      }
      case Kind::delay:
        if (fire(*fault)) ::usleep(static_cast<useconds_t>(fault->value * 1000));
        return forward(arguments...);
      case Kind::hang:
        while (fire(*fault)) ::pause();
        return forward(arguments...);
      case Kind::crash:
        if (fire(*fault)) std::abort();
        return forward(arguments...);
      case Kind::garbage:
      case Kind::garbage_size: {
        const CK_RV value = forward(arguments...);
        if (value == CKR_OK && spoil(fault->kind == Kind::garbage_size, arguments...)) fire(*fault);
        return value;
      }
    }
    std::abort();
  }
  static CK_RV forward(Arguments... arguments) { return (state.real->*kMember)(arguments...); }
};

template <auto kMember>
void hook(std::string_view name) {
  using Pointer = std::remove_reference_t<decltype(state.list.*kMember)>;
  Hook<kMember, Pointer>::name = name;
  state.list.*kMember = &Hook<kMember, Pointer>::call;
}

void hook_all() {
#define P11FAULT_HOOK(function) hook<&CK_FUNCTION_LIST::function>(#function)
  P11FAULT_HOOK(C_Initialize);
  P11FAULT_HOOK(C_Finalize);
  P11FAULT_HOOK(C_GetInfo);
  P11FAULT_HOOK(C_GetSlotList);
  P11FAULT_HOOK(C_GetSlotInfo);
  P11FAULT_HOOK(C_GetTokenInfo);
  P11FAULT_HOOK(C_GetMechanismList);
  P11FAULT_HOOK(C_GetMechanismInfo);
  P11FAULT_HOOK(C_InitToken);
  P11FAULT_HOOK(C_InitPIN);
  P11FAULT_HOOK(C_SetPIN);
  P11FAULT_HOOK(C_OpenSession);
  P11FAULT_HOOK(C_CloseSession);
  P11FAULT_HOOK(C_CloseAllSessions);
  P11FAULT_HOOK(C_GetSessionInfo);
  P11FAULT_HOOK(C_GetOperationState);
  P11FAULT_HOOK(C_SetOperationState);
  P11FAULT_HOOK(C_Login);
  P11FAULT_HOOK(C_Logout);
  P11FAULT_HOOK(C_CreateObject);
  P11FAULT_HOOK(C_CopyObject);
  P11FAULT_HOOK(C_DestroyObject);
  P11FAULT_HOOK(C_GetObjectSize);
  P11FAULT_HOOK(C_GetAttributeValue);
  P11FAULT_HOOK(C_SetAttributeValue);
  P11FAULT_HOOK(C_FindObjectsInit);
  P11FAULT_HOOK(C_FindObjects);
  P11FAULT_HOOK(C_FindObjectsFinal);
  P11FAULT_HOOK(C_EncryptInit);
  P11FAULT_HOOK(C_Encrypt);
  P11FAULT_HOOK(C_EncryptUpdate);
  P11FAULT_HOOK(C_EncryptFinal);
  P11FAULT_HOOK(C_DecryptInit);
  P11FAULT_HOOK(C_Decrypt);
  P11FAULT_HOOK(C_DecryptUpdate);
  P11FAULT_HOOK(C_DecryptFinal);
  P11FAULT_HOOK(C_DigestInit);
  P11FAULT_HOOK(C_Digest);
  P11FAULT_HOOK(C_DigestUpdate);
  P11FAULT_HOOK(C_DigestKey);
  P11FAULT_HOOK(C_DigestFinal);
  P11FAULT_HOOK(C_SignInit);
  P11FAULT_HOOK(C_Sign);
  P11FAULT_HOOK(C_SignUpdate);
  P11FAULT_HOOK(C_SignFinal);
  P11FAULT_HOOK(C_SignRecoverInit);
  P11FAULT_HOOK(C_SignRecover);
  P11FAULT_HOOK(C_VerifyInit);
  P11FAULT_HOOK(C_Verify);
  P11FAULT_HOOK(C_VerifyUpdate);
  P11FAULT_HOOK(C_VerifyFinal);
  P11FAULT_HOOK(C_VerifyRecoverInit);
  P11FAULT_HOOK(C_VerifyRecover);
  P11FAULT_HOOK(C_DigestEncryptUpdate);
  P11FAULT_HOOK(C_DecryptDigestUpdate);
  P11FAULT_HOOK(C_SignEncryptUpdate);
  P11FAULT_HOOK(C_DecryptVerifyUpdate);
  P11FAULT_HOOK(C_GenerateKey);
  P11FAULT_HOOK(C_GenerateKeyPair);
  P11FAULT_HOOK(C_WrapKey);
  P11FAULT_HOOK(C_UnwrapKey);
  P11FAULT_HOOK(C_DeriveKey);
  P11FAULT_HOOK(C_SeedRandom);
  P11FAULT_HOOK(C_GenerateRandom);
  P11FAULT_HOOK(C_GetFunctionStatus);
  P11FAULT_HOOK(C_CancelFunction);
  P11FAULT_HOOK(C_WaitForSlotEvent);
#undef P11FAULT_HOOK
}

CK_RV get_function_list(CK_FUNCTION_LIST** list);

CK_RV load() {
  if (state.real) return CKR_OK;
  const char* path = std::getenv("P11FAULT_MODULE");
  void* library = path ? ::dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
  const auto get = library ? reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList")) : nullptr;
  if (!get || get(&state.real) != CKR_OK || !plan_file.refresh(state.plan)) {
    state.real = nullptr;
    return CKR_GENERAL_ERROR;
  }
  state.list = *state.real;
  hook_all();
  state.list.C_GetFunctionList = get_function_list;
  return CKR_OK;
}

CK_RV get_function_list(CK_FUNCTION_LIST** list) {
  const CK_RV loaded = load();
  if (loaded == CKR_OK) *list = &state.list;
  return loaded;
}

}  // namespace
}  // namespace p11fault

#define P11FAULT_EXPORT extern "C" __attribute__((visibility("default")))

P11FAULT_EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) { return p11fault::get_function_list(list); }

P11FAULT_EXPORT int p11fault_set_plan(const char* text) {
  auto plan = p11fault::Plan::parse(text);
  if (!plan) return 0;
  const std::scoped_lock lock(p11fault::state.mutex);
  p11fault::state.plan = *std::move(plan);
  p11fault::state.fired = 0;
  return 1;
}

P11FAULT_EXPORT unsigned long p11fault_fired() {
  const std::scoped_lock lock(p11fault::state.mutex);
  return p11fault::state.fired;
}

P11FAULT_EXPORT unsigned long p11fault_calls(const char* function) {
  const std::scoped_lock lock(p11fault::state.mutex);
  return p11fault::state.plan.calls(function);
}

P11FAULT_EXPORT const char* p11fault_all_calls() {
  const std::scoped_lock lock(p11fault::state.mutex);
  p11fault::state.calls_text.clear();
  for (const auto& [function, count] : p11fault::state.plan.all_calls())
    p11fault::state.calls_text += function + " " + std::to_string(count) + "\n";
  return p11fault::state.calls_text.c_str();
}
