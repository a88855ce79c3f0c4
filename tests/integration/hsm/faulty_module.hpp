// SoftHSM2 in this process, behind p11fault (tests/fakes/p11fault), in which a test can make any call fail.
#pragma once

#include <p11-kit/pkcs11.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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
  [[nodiscard]] int calls(std::string_view function) const;  // since the plan last changed

  // For what the above cannot say: a whole plan, in the words of tests/fakes/p11fault/plan.hpp.
  void plan(const std::string& text);
  [[nodiscard]] unsigned long fired() const;  // since the plan last changed
  // Every function that was called since the plan last changed.
  [[nodiscard]] std::vector<std::string> called() const;
  // C_Finalize and C_Initialize: SoftHSM forgets all but its files. No session may be open.
  void restart();

  [[nodiscard]] std::vector<Cryptoki> modules() const;
  // SoftHSM's own functions, to do behind the library's back what an HSM may do.
  [[nodiscard]] CK_FUNCTION_LIST* real() const noexcept;

 private:
  struct Control;
  std::unique_ptr<Control> control_;
  void set(std::string_view function, std::string line);
  std::map<std::string, std::string, std::less<>> faults_;  // by function
};

}  // namespace kaito::hsm::test
