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

Result<std::unique_ptr<Modules>> Modules::load(const std::filesystem::path& module, std::string arguments) {
  std::unique_ptr<Modules> modules(new Modules);
  modules->arguments_ = std::move(arguments);
  p11_kit_be_quiet();
  if (module.empty()) {
    modules->configured_ = p11_kit_modules_load(nullptr, kFlags);
    if (!modules->configured_) return fail(load_error("PKCS#11 modules"));
    KAITO_CHECK(refuse_call_log(nullptr));
    for (CK_FUNCTION_LIST** each = modules->configured_; *each; ++each) KAITO_CHECK(refuse_call_log(*each));
    KAITO_CHECK(modules->initialize_configured());
    return modules;
  }
  modules->single_ = p11_kit_module_load(module.c_str(), kFlags | P11_KIT_MODULE_CRITICAL);
  if (!modules->single_) return fail(load_error(module.string()));
  if (auto done = modules->initialize(modules->single_); !done) return fail(std::move(done).error().error);
  return modules;
}

// A module that does not start concerns us only when p11-kit was told that it must.
Status Modules::initialize_configured() {
  for (CK_FUNCTION_LIST** each = configured_; *each; ++each) {
    const CK_RV value = p11_kit_module_initialize(*each);
    if (value == CKR_OK) {
      by_p11_kit_.push_back(*each);
      continue;
    }
    Status done = fail(Code::hsm_unavailable, fmt::format("C_Initialize: {}", traits_of(value).name));
    if (value == CKR_CANT_LOCK)
      if (auto again = initialize(*each); again) done = {};
    if (!done && (p11_kit_module_get_flags(*each) & P11_KIT_MODULE_CRITICAL) != 0) return done;
  }
  return {};
}

TokenOutcome Modules::initialize(CK_FUNCTION_LIST* module) {
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  arguments.pReserved = arguments_.empty() ? nullptr : arguments_.data();
  const Cryptoki cryptoki(module);
  auto done = cryptoki.call(function::initialize, static_cast<void*>(&arguments));
  if (!done && done.error().error.code == Code::hsm_unsupported) {
    // §5.4: no locks of any kind, since no two threads will call it. CKR_CANT_LOCK; some say CKR_ARGUMENTS_BAD.
    arguments.flags = 0;
    void* const given = arguments_.empty() ? nullptr : static_cast<void*>(&arguments);
    if (auto again = cryptoki.call(function::initialize, given); again) {
      without_locking_ = true;
      done = {};
    }
  }
  if (done) by_us_.push_back(module);
  return done;
}

Modules::~Modules() {
  for (CK_FUNCTION_LIST* module : by_p11_kit_) p11_kit_module_finalize(module);
  for (CK_FUNCTION_LIST* module : by_us_)
    static_cast<void>(Cryptoki(module).call(function::finalize, static_cast<void*>(nullptr)));
  if (configured_) p11_kit_modules_release(configured_);
  if (single_) p11_kit_module_release(single_);
}

std::vector<Cryptoki> Modules::all() const {
  std::vector<Cryptoki> list;
  for (const auto* started : {&by_us_, &by_p11_kit_})
    for (CK_FUNCTION_LIST* module : *started) list.emplace_back(module);
  return list;
}

}  // namespace kaito::hsm
