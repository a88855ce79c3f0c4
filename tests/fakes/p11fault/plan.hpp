// What p11fault does at which call.
//
// A plan is text, one fault a line:   FUNCTION CALL KIND [VALUE] [times N]
//   C_Decrypt 3 return 0x5        the third C_Decrypt gives CKR_GENERAL_ERROR, without being done
//   C_Decrypt 1 return-after 0x5  it is done, and gives CKR_GENERAL_ERROR all the same
//   C_Sign 1 delay 500            it takes 500 ms longer
//   C_Sign 2 hang                 it never returns
//   C_Login 1 crash               the process is ended by SIGABRT
//   C_Encrypt 1 garbage           it succeeds, and one bit of what it wrote is wrong
//   C_Encrypt 1 garbage-size      it succeeds, and says that it wrote far more than there is room for
// Calls are counted from 1 since the plan was set; `times N` lets N calls in a row fail. Lines that begin with # do not
// count. A function that writes nothing is never spoilt.
#pragma once

#include <p11-kit/pkcs11.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace p11fault {

enum class Kind { give, give_after, delay, hang, crash, garbage, garbage_size };

struct Fault {
  std::string function;
  unsigned long first = 1;
  unsigned long times = 1;
  Kind kind = Kind::give;
  unsigned long value = 0;  // a CK_RV, or milliseconds
};

class Plan {
 public:
  // Nothing where a line is not understood.
  static std::optional<Plan> parse(std::string_view text);

  // Counts a call; the fault that is due at it, if any. Valid until the plan is replaced.
  const Fault* called(std::string_view function);
  [[nodiscard]] unsigned long calls(std::string_view function) const;
  [[nodiscard]] const std::map<std::string, unsigned long, std::less<>>& all_calls() const { return calls_; }

 private:
  std::vector<Fault> faults_;
  std::map<std::string, unsigned long, std::less<>> calls_;
};

}  // namespace p11fault
