// A token is dear: each is made once in the program, and every test uses key versions of its own in it.
#pragma once

#include "tests/integration/hsm/conformance/token_under_test.hpp"

namespace kaito::hsm::test {

struct MadeToken {
  std::unique_ptr<TokenUnderTest> token;
  std::string unavailable;  // why the machine does not have it, or what it is known to lack
  std::string failure;      // what went wrong
};

// Makes it at the first call, and fills its row of the table. All are put down, and the table printed, when the tests
// have run.
const MadeToken& made_token(const Candidate& candidate);

}  // namespace kaito::hsm::test
