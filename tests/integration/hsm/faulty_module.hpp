// SoftHSM2 in this process, behind a function list in which a test can make any call fail. Injects what the real module
// cannot do on demand: a CK_RV at the n-th call.
#pragma once

#include <p11-kit/pkcs11.h>

#include <string_view>

#include "hsm/cryptoki.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {

class FaultyModule {
 public:
  // Loads SoftHSM2 with the token's configuration. One at a time in a process.
  explicit FaultyModule(const SoftHsmToken& token);
  ~FaultyModule();
  FaultyModule(const FaultyModule&) = delete;
  FaultyModule& operator=(const FaultyModule&) = delete;

  // `function` ("C_Decrypt") gives `value` in place of its `call`-th call from now on, counted from 1, and in `times`
  // calls after that.
  void fail(std::string_view function, CK_RV value, int call = 1, int times = 1);
  // The same for the next call, which is really done first: an operation it ends is at its end.
  void fail_after(std::string_view function, CK_RV value);
  void heal();
  [[nodiscard]] int calls(std::string_view function) const;  // since the last fail()

  [[nodiscard]] std::vector<Cryptoki> modules() const;
  // SoftHSM's own functions, to do behind the library's back what an HSM may do.
  [[nodiscard]] CK_FUNCTION_LIST* real() const noexcept;
};

}  // namespace kaito::hsm::test
