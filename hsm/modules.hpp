// PKCS#11 modules, loaded and initialised through p11-kit.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "appliance/base/result.hpp"
#include "hsm/cryptoki.hpp"

namespace kaito::hsm {

class Modules {
 public:
  // One module by path; empty: all that p11-kit is configured with, unless its configuration says `log-calls: yes`
  // (F82): p11-kit prints every argument then, the PIN among them. Code::configuration.
  static Result<std::unique_ptr<Modules>> load(const std::filesystem::path& module);

  ~Modules();  // C_Finalize, then unloads
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;

  [[nodiscard]] std::vector<Cryptoki> all() const;

 private:
  Modules() = default;
  // Null-terminated and owned by p11-kit when the configured modules were loaded.
  CK_FUNCTION_LIST** configured_ = nullptr;
  CK_FUNCTION_LIST* single_ = nullptr;
  bool initialised_ = false;
};

}  // namespace kaito::hsm
