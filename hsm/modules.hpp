// PKCS#11 modules, loaded and initialised through p11-kit.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "appliance/base/result.hpp"
#include "hsm/cryptoki.hpp"

namespace kaito::hsm {

class Modules {
 public:
  // One module by path; empty: all that p11-kit is configured with, unless its configuration says `log-calls: yes`
  // (F82): p11-kit prints every argument then, the PIN among them. `arguments` is what some modules want at
  // C_Initialize (NSS), for a module by path; one of p11-kit's has them in its configuration. Code::configuration.
  static Result<std::unique_ptr<Modules>> load(const std::filesystem::path& module, std::string arguments = {});

  ~Modules();  // C_Finalize, then unloads
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;

  [[nodiscard]] std::vector<Cryptoki> all() const;
  // Whether one of them refused to use the system's locks. That does no harm: one thread calls them.
  [[nodiscard]] bool without_locking() const noexcept { return without_locking_; }

 private:
  Modules() = default;
  Status initialize_configured();
  TokenOutcome initialize(CK_FUNCTION_LIST* module);
  // Null-terminated and owned by p11-kit when the configured modules were loaded.
  CK_FUNCTION_LIST** configured_ = nullptr;
  CK_FUNCTION_LIST* single_ = nullptr;
  std::string arguments_;  // modules may keep the pointer
  std::vector<CK_FUNCTION_LIST*> by_p11_kit_;
  std::vector<CK_FUNCTION_LIST*> by_us_;
  bool without_locking_ = false;
};

}  // namespace kaito::hsm
