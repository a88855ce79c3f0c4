#include "hsm/modules.hpp"

#include <p11-kit/p11-kit.h>

#include <cstdlib>

namespace kaito::hsm {
namespace {

// p11-kit's call log sits in the wrappers of "managed" modules. Ours are not shared with anyone in the process, so they
// need no wrapper, and a module that is loaded by its path has no configuration that could ask for one.
constexpr int kFlags = P11_KIT_MODULE_UNMANAGED;

// Of one configured module, or p11-kit's global option for null; known once modules were loaded. The log would not be
// written even so, but whoever turned it on must learn that it has no place beside a PIN (F82).
Status refuse_call_log(CK_FUNCTION_LIST* module) {
  char* value = p11_kit_config_option(module, "log-calls");
  const bool on = value != nullptr && std::string_view(value) == "yes";
  std::free(value);
  if (!on) return {};
  return fail(Code::configuration,
              "p11-kit is configured with `log-calls: yes`, which prints PINs and keys; turn it off");
}

Error load_error(std::string_view what) {
  const char* message = p11_kit_message();
  return {.code = Code::configuration, .detail = fmt::format("{}: {}", what, message ? message : "no reason given")};
}

}  // namespace

Result<std::unique_ptr<Modules>> Modules::load(const std::filesystem::path& module) {
  std::unique_ptr<Modules> modules(new Modules);
  p11_kit_be_quiet();
  CK_RV initialised = CKR_OK;
  if (module.empty()) {
    modules->configured_ = p11_kit_modules_load(nullptr, kFlags);
    if (!modules->configured_) return fail(load_error("PKCS#11 modules"));
    KAITO_CHECK(refuse_call_log(nullptr));
    for (CK_FUNCTION_LIST** each = modules->configured_; *each; ++each) KAITO_CHECK(refuse_call_log(*each));
    initialised = p11_kit_modules_initialize(modules->configured_, nullptr);
  } else {
    modules->single_ = p11_kit_module_load(module.c_str(), kFlags | P11_KIT_MODULE_CRITICAL);
    if (!modules->single_) return fail(load_error(module.string()));
    initialised = p11_kit_module_initialize(modules->single_);
  }
  if (initialised != CKR_OK)
    return fail(Code::hsm_unavailable, fmt::format("C_Initialize: {}", traits_of(initialised).name));
  modules->initialised_ = true;
  return modules;
}

Modules::~Modules() {
  if (configured_) {
    if (initialised_) p11_kit_modules_finalize(configured_);
    p11_kit_modules_release(configured_);
  }
  if (single_) {
    if (initialised_) p11_kit_module_finalize(single_);
    p11_kit_module_release(single_);
  }
}

std::vector<Cryptoki> Modules::all() const {
  std::vector<Cryptoki> list;
  if (single_) list.emplace_back(single_);
  for (CK_FUNCTION_LIST** each = configured_; each && *each; ++each) list.emplace_back(*each);
  return list;
}

}  // namespace kaito::hsm
