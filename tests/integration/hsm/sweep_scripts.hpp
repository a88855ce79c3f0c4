// The operations that the fault sweep runs: each with what must be true afterwards.
#pragma once

#include "tests/integration/hsm/swept_token.hpp"

namespace kaito::hsm::test {

class SweepScript {
 public:
  explicit SweepScript(std::string_view name) : name_(name) {}
  virtual ~SweepScript() = default;
  SweepScript(const SweepScript&) = delete;
  SweepScript& operator=(const SweepScript&) = delete;
  [[nodiscard]] std::string_view name() const noexcept { return name_; }

  // On a clean service, before the fault.
  virtual void prepare(SweptToken&) {}
  virtual Status run(SweptToken& token) = 0;
  // On the service that was faulted, once it is no more. Empty, or what is wrong.
  virtual std::string inspect(SweptToken&) { return {}; }
  // On a clean service, after the fault; also puts the token back as it was. Empty, or what is wrong: an acknowledged
  // success that did not happen.
  virtual std::string judge(SweptToken& token, bool acknowledged) = 0;
  // Whether run() may simply be called again and must succeed then.
  [[nodiscard]] virtual bool repeatable() const { return true; }

 private:
  std::string_view name_;
};

std::vector<std::unique_ptr<SweepScript>> all_sweep_scripts();
std::vector<std::unique_ptr<SweepScript>> customers_sweep_scripts();  // what a customer's token is asked for
std::unique_ptr<SweepScript> rewrap_deks_script();                    // the one of seeds' DEKs

}  // namespace kaito::hsm::test
