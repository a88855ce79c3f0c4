#include "tests/integration/hsm/faulty_module.hpp"

#include <dlfcn.h>
#include <stdlib.h>

#include <map>
#include <stdexcept>

namespace kaito::hsm::test {
namespace {

// PKCS#11 functions are plain pointers without a context, so what they share is static; FaultyModule owns it.
struct State {
  void* library = nullptr;
  CK_FUNCTION_LIST* real = nullptr;
  CK_FUNCTION_LIST list{};
  struct Plan {
    CK_RV value;
    int first;
    int times;
    bool after = false;
    int calls = 0;
  };
  std::map<std::string, Plan, std::less<>> plans;
};
State state;

// The plan when it is due for this call.
const State::Plan* planned(std::string_view name) {
  const auto found = state.plans.find(name);
  if (found == state.plans.end()) return nullptr;
  State::Plan& plan = found->second;
  const int call = ++plan.calls;
  return call >= plan.first && call < plan.first + plan.times ? &plan : nullptr;
}

template <auto kMember, class Pointer>
struct Hook;
template <auto kMember, class... Arguments>
struct Hook<kMember, CK_RV (*)(Arguments...)> {
  static inline std::string_view name;
  static CK_RV call(Arguments... arguments) {
    const State::Plan* plan = planned(name);
    if (plan && !plan->after && plan->value != CKR_OK) return plan->value;
    const CK_RV value = (state.real->*kMember)(arguments...);
    return plan && plan->after ? plan->value : value;
  }
};

template <auto kMember>
void hook(std::string_view name) {
  using Pointer = std::remove_reference_t<decltype(state.list.*kMember)>;
  Hook<kMember, Pointer>::name = name;
  state.list.*kMember = &Hook<kMember, Pointer>::call;
}

}  // namespace

FaultyModule::FaultyModule(const SoftHsmToken& token) {
  ::setenv("SOFTHSM2_CONF", token.softhsm().config_file.c_str(), 1);
  state.library = ::dlopen(token.config().module.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!state.library) throw std::runtime_error(::dlerror());
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(state.library, "C_GetFunctionList"));
  if (!get || get(&state.real) != CKR_OK || state.real->C_Initialize(nullptr) != CKR_OK)
    throw std::runtime_error("SoftHSM2 does not start in this process");
  state.list = *state.real;
  state.plans.clear();
#define KAITO_HOOK(function) hook<&CK_FUNCTION_LIST::function>(#function)
  KAITO_HOOK(C_GetSlotList);
  KAITO_HOOK(C_OpenSession);
  KAITO_HOOK(C_Login);
  KAITO_HOOK(C_CreateObject);
  KAITO_HOOK(C_FindObjectsInit);
  KAITO_HOOK(C_GetAttributeValue);
  KAITO_HOOK(C_EncryptInit);
  KAITO_HOOK(C_Encrypt);
  KAITO_HOOK(C_DecryptInit);
  KAITO_HOOK(C_Decrypt);
  KAITO_HOOK(C_SignInit);
  KAITO_HOOK(C_Sign);
  KAITO_HOOK(C_GenerateKey);
  KAITO_HOOK(C_WrapKey);
  KAITO_HOOK(C_UnwrapKey);
#undef KAITO_HOOK
}

FaultyModule::~FaultyModule() {
  state.real->C_Finalize(nullptr);
  ::dlclose(state.library);
}

void FaultyModule::fail(std::string_view function, CK_RV value, int call, int times) {
  state.plans.insert_or_assign(std::string(function), State::Plan{.value = value, .first = call, .times = times});
}

void FaultyModule::fail_after(std::string_view function, CK_RV value) {
  state.plans.insert_or_assign(std::string(function),
                               State::Plan{.value = value, .first = 1, .times = 1, .after = true});
}

void FaultyModule::heal() { state.plans.clear(); }

int FaultyModule::calls(std::string_view function) const {
  const auto plan = state.plans.find(function);
  return plan == state.plans.end() ? 0 : plan->second.calls;
}

std::vector<Cryptoki> FaultyModule::modules() const { return {Cryptoki(&state.list)}; }
CK_FUNCTION_LIST* FaultyModule::real() const noexcept { return state.real; }

}  // namespace kaito::hsm::test
