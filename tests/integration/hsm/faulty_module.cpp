#include "tests/integration/hsm/faulty_module.hpp"

#include <dlfcn.h>
#include <stdlib.h>

#include <sstream>
#include <stdexcept>

#include "tests/fakes/p11fault/control.hpp"

namespace kaito::hsm::test {
namespace {

template <class Function>
Function symbol(void* library, const char* name) {
  const auto found = reinterpret_cast<Function>(::dlsym(library, name));
  if (!found) throw std::runtime_error(::dlerror());
  return found;
}

void* load(const char* path) {
  void* library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) throw std::runtime_error(::dlerror());
  return library;
}

CK_FUNCTION_LIST* functions_of(void* library) {
  CK_FUNCTION_LIST* list = nullptr;
  if (symbol<CK_C_GetFunctionList>(library, "C_GetFunctionList")(&list) != CKR_OK)
    throw std::runtime_error("C_GetFunctionList failed");
  return list;
}

}  // namespace

struct FaultyModule::Control {
  void* module;
  void* shim;
  CK_FUNCTION_LIST* real = functions_of(module);
  CK_FUNCTION_LIST* list = functions_of(shim);
  decltype(&p11fault_set_plan) set_plan = symbol<decltype(&p11fault_set_plan)>(shim, "p11fault_set_plan");
  decltype(&p11fault_fired) fired = symbol<decltype(&p11fault_fired)>(shim, "p11fault_fired");
  decltype(&p11fault_calls) calls = symbol<decltype(&p11fault_calls)>(shim, "p11fault_calls");
  decltype(&p11fault_all_calls) all_calls = symbol<decltype(&p11fault_all_calls)>(shim, "p11fault_all_calls");
};

FaultyModule::FaultyModule(const SoftHsmToken& token) {
  ::setenv("SOFTHSM2_CONF", token.softhsm().config_file.c_str(), 1);
  ::setenv("P11FAULT_MODULE", token.config().module.c_str(), 1);
  control_ =
      std::make_unique<Control>(Control{.module = load(token.config().module.c_str()), .shim = load(KAITO_P11FAULT)});
  heal();
  if (control_->list->C_Initialize(nullptr) != CKR_OK)
    throw std::runtime_error("SoftHSM2 does not start in this process");
}

FaultyModule::~FaultyModule() {
  control_->real->C_Finalize(nullptr);
  ::dlclose(control_->shim);
  ::dlclose(control_->module);
}

void FaultyModule::set(std::string_view function, std::string line) {
  faults_.insert_or_assign(std::string(function), std::move(line));
  std::string text;
  for (const auto& [name, fault] : faults_) text += fault;
  plan(text);
}

void FaultyModule::fail(std::string_view function, CK_RV value, int call, int times) {
  // CKR_OK: only to be counted.
  set(function, value == CKR_OK ? "" : fmt::format("{} {} return {} times {}\n", function, call, value, times));
}

void FaultyModule::fail_after(std::string_view function, CK_RV value) {
  set(function, fmt::format("{} 1 return-after {}\n", function, value));
}

void FaultyModule::heal() {
  faults_.clear();
  plan("");
}

int FaultyModule::calls(std::string_view function) const {
  return static_cast<int>(control_->calls(std::string(function).c_str()));
}

void FaultyModule::plan(const std::string& text) {
  if (control_->set_plan(text.c_str()) != 1) throw std::runtime_error("not a plan: " + text);
}

unsigned long FaultyModule::fired() const { return control_->fired(); }

std::vector<std::string> FaultyModule::called() const {
  std::vector<std::string> names;
  std::istringstream lines(control_->all_calls());
  std::string name;
  for (unsigned long count = 0; lines >> name >> count;) names.push_back(name);
  return names;
}

void FaultyModule::restart() {
  if (control_->real->C_Finalize(nullptr) != CKR_OK || control_->real->C_Initialize(nullptr) != CKR_OK)
    throw std::runtime_error("SoftHSM2 does not start again");
}

std::vector<Cryptoki> FaultyModule::modules() const { return {Cryptoki(control_->list)}; }
CK_FUNCTION_LIST* FaultyModule::real() const noexcept { return control_->real; }

}  // namespace kaito::hsm::test
