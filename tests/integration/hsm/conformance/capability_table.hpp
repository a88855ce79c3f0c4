// What the suite found out, a row for each token; printed when all tests have run.
#pragma once

#include <map>
#include <string>

#include "hsm/protocol/token_status.hpp"

namespace kaito::hsm::test {

struct Capabilities {
  std::string token;
  std::string org_keks;
  std::string deks;
  std::string audit;
  std::string sessions;
  double unwraps_per_second = 0;
  double pair_unwraps_per_second = 0;  // by an RSA pair, of a customer's
  int passed = 0;
  int failed = 0;
  std::string remark;  // why it was skipped
};

class CapabilityTable {
 public:
  Capabilities& row(const std::string& name) { return rows_[name]; }
  void print() const;

 private:
  std::map<std::string, Capabilities> rows_;
};

CapabilityTable& capability_table();

// What follows `subject` and a colon in the status's list of what was chosen.
std::string chosen(const TokenStatus& status, std::string_view subject);

}  // namespace kaito::hsm::test
