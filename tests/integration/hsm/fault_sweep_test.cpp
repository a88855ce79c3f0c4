// Each operation, with a fault at each PKCS#11 call that it makes: the product may fail, and must say so.
//
// The short form takes another few of the faults at each call site; KAITO_SWEEP=long takes all of them, at the first
// three calls. Both print what they did.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "tests/integration/hsm/sweep_scripts.hpp"

namespace kaito::hsm::test {
namespace {

using std::chrono::steady_clock;

// What a call is made to do; in p11fault's words.
struct SweepFault {
  std::string_view kind;
  CK_RV value = 0;
  [[nodiscard]] std::string words() const {
    return kind.starts_with("return") ? fmt::format("{} {}", kind, value) : std::string(kind);
  }
};

constexpr std::array kFaults{
    // Success without having done anything, then failures: of the call, the device, the session, the keys, the PIN.
    SweepFault{"return", CKR_OK},
    SweepFault{"return", CKR_GENERAL_ERROR},
    SweepFault{"return", CKR_FUNCTION_FAILED},
    SweepFault{"return", CKR_FUNCTION_CANCELED},
    SweepFault{"return", CKR_ARGUMENTS_BAD},
    SweepFault{"return", CKR_HOST_MEMORY},
    SweepFault{"return", CKR_DEVICE_ERROR},
    SweepFault{"return", CKR_DEVICE_MEMORY},
    SweepFault{"return", CKR_DEVICE_REMOVED},
    SweepFault{"return", CKR_TOKEN_NOT_PRESENT},
    SweepFault{"return", CKR_SLOT_ID_INVALID},
    SweepFault{"return", CKR_SESSION_HANDLE_INVALID},
    SweepFault{"return", CKR_SESSION_CLOSED},
    SweepFault{"return", CKR_SESSION_COUNT},
    SweepFault{"return", CKR_USER_NOT_LOGGED_IN},
    SweepFault{"return", CKR_OBJECT_HANDLE_INVALID},
    SweepFault{"return", CKR_KEY_HANDLE_INVALID},
    SweepFault{"return", CKR_KEY_FUNCTION_NOT_PERMITTED},
    SweepFault{"return", CKR_MECHANISM_INVALID},
    SweepFault{"return", CKR_OPERATION_ACTIVE},
    SweepFault{"return", CKR_BUFFER_TOO_SMALL},
    SweepFault{"return", CKR_ENCRYPTED_DATA_INVALID},
    SweepFault{"return", CKR_PIN_LOCKED},
    SweepFault{"return", CKR_CRYPTOKI_NOT_INITIALIZED},
    SweepFault{"return", CKR_VENDOR_DEFINED | 0x42},
    // Done, and reported as failed.
    SweepFault{"return-after", CKR_DEVICE_ERROR},
    SweepFault{"return-after", CKR_SESSION_HANDLE_INVALID},
    SweepFault{"return-after", CKR_FUNCTION_FAILED},
    // Reported as done, with a wrong bit or a size that is beyond all bounds.
    SweepFault{"garbage"},
    SweepFault{"garbage-size"},
};
constexpr std::size_t kGarbage = 28;
static_assert(kFaults[kGarbage].kind == "garbage");
constexpr std::size_t kShortFaults = 5;
constexpr int kLongCalls = 3;
constexpr std::chrono::seconds kDeadline{5};

bool long_form() {
  const char* form = std::getenv("KAITO_SWEEP");
  return form && std::string_view(form) == "long";
}

// Whether a failure may be told as bad data: where data is opened, a token's vague words mean that (F9).
bool may_blame_data(std::string_view function) { return function == "C_Decrypt" || function == "C_UnwrapKey"; }

class Sweep {
 public:
  explicit Sweep(TokenRole role = TokenRole::appliance) : role_(role), token_(std::in_place, role) {}

  void run(const std::vector<std::unique_ptr<SweepScript>>& scripts) {
    for (const auto& script : scripts) sweep(*script);
  }

  // The fault at every call of the function, one run after the other.
  void strike_each(SweepScript& script, const std::string& function, const SweepFault& fault) {
    ++call_sites_;
    for (int call = 1; inject(script, function, call, fault);) ++call;
  }

  [[nodiscard]] std::string report() const {
    std::string text = fmt::format("{} call sites, {} injections, slowest operation {} ms\n", call_sites_, injections_,
                                   std::chrono::duration_cast<std::chrono::milliseconds>(slowest_).count());
    for (const auto& [outcome, count] : outcomes_) text += fmt::format("  {:>6}  {}\n", count, outcome);
    return text;
  }
  [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }
  [[nodiscard]] std::size_t injections() const noexcept { return injections_; }

 private:
  void sweep(SweepScript& script) {
    for (const std::string& function : functions_of(script)) {
      ++call_sites_;
      for (std::size_t i = 0; i < (long_form() ? kFaults.size() : kShortFaults); ++i) {
        const auto& fault = kFaults[long_form() ? i : short_form(i)];
        for (int call = 1; call <= (long_form() ? kLongCalls : 1); ++call)
          if (!inject(script, function, call, fault)) break;
      }
    }
  }

  // Each call site meets the two lies, and of the failures others than the last site did; together they meet all.
  [[nodiscard]] std::size_t short_form(std::size_t i) const {
    if (i == 0) return 0;
    if (i == 1) return kGarbage;
    return (call_sites_ * kShortFaults + i * 11) % kFaults.size();
  }

  std::vector<std::string> functions_of(SweepScript& script) {
    token_->open_clean();
    script.prepare(*token_);
    token_->module().heal();
    const auto ran = script.run(*token_);
    auto functions = token_->module().called();
    if (!ran) problems_.push_back(fmt::format("{}: without a fault: {}", script.name(), ran.error().describe()));
    token_->open_clean();
    if (auto wrong = script.judge(*token_, true); !wrong.empty())
      problems_.push_back(fmt::format("{}: without a fault: {}", script.name(), wrong));
    return functions;
  }

  // False: the run made fewer calls than that. The service is clean before and after.
  bool inject(SweepScript& script, const std::string& function, int call, const SweepFault& fault) {
    place_ = fmt::format("{}, {} call {}: {}", script.name(), function, call, fault.words());
    script.prepare(*token_);
    token_->module().plan(fmt::format("{} {} {}\n", function, call, fault.words()));
    const auto begin = steady_clock::now();
    const Status ran = script.run(*token_);
    const auto took = steady_clock::now() - begin;
    const bool fired = token_->module().fired() > 0;
    const int logins = token_->module().calls("C_Login");
    token_->module().heal();
    if (fired) {
      ++injections_;
      slowest_ = std::max(slowest_, took);
      if (took > kDeadline) problem("hung");
      if (fault.value == CKR_PIN_LOCKED && function == "C_Login" && logins > 1) problem("tried the PIN again");
      look_at(function, ran);
      if (ran)
        if (auto wrong = script.inspect(*token_); !wrong.empty()) problem("false success: " + wrong);
      expect_healed(script, ran.has_value());
    }
    try {
      token_->open_clean();
    } catch (const std::exception& error) {
      problem(fmt::format("no clean start: {}", error.what()));
      token_.reset();
      token_.emplace(role_);
      return fired;
    }
    if (auto wrong = script.judge(*token_, ran.has_value()); !wrong.empty()) problem("false success: " + wrong);
    if (auto lost = token_->missing(); !lost.empty()) problem("lost: " + lost);
    return fired;
  }

  void look_at(const std::string& function, const Status& ran) {
    if (ran) {
      ++outcomes_["succeeded all the same"];
      return;
    }
    const Code code = ran.error().code;
    ++outcomes_[fmt::format("refused: {}", traits(code).slug)];
    switch (code) {
      case Code::hsm_unavailable:
      case Code::hsm_unsupported:
      case Code::hsm_key_rejected:
      case Code::hsm_pin_rejected:
      case Code::configuration: return;
      case Code::integrity:
        if (may_blame_data(function)) return;
        [[fallthrough]];
      default: problem("told as " + ran.error().describe());
    }
  }

  // The same service: it works again, or says that it must be started again.
  void expect_healed(SweepScript& script, bool succeeded) {
    if (!token_->is_open() || token_->service().must_restart()) return;
    if (const auto sung = token_->service().canary(); !sung && !token_->service().must_restart())
      return problem("neither works nor restarts: " + sung.error().describe());
    // What a success gave is still to be judged: another run would put good results in its place.
    if (token_->service().must_restart() || !script.repeatable() || succeeded) return;
    if (const auto again = script.run(*token_); !again && !token_->service().must_restart())
      problem("does not work again: " + again.error().describe());
  }

  void problem(const std::string& what) { problems_.push_back(place_ + ": " + what); }

  const TokenRole role_;
  std::optional<SweptToken> token_;
  std::string place_;
  std::size_t call_sites_ = 0;
  std::size_t injections_ = 0;
  steady_clock::duration slowest_{};
  std::map<std::string, std::size_t> outcomes_;
  std::vector<std::string> problems_;
};

class FaultSweep : public ::testing::Test {
 protected:
  static void show(const Sweep& sweep) {
    fmt::print("{}", sweep.report());
    for (const auto& problem : sweep.problems()) ADD_FAILURE() << problem;
  }
  // Thousands of starts, and no power cut among them: fsync may cost nothing.
  const bool in_memory_ = std::filesystem::is_directory("/dev/shm") && ::setenv("TMPDIR", "/dev/shm", 0) == 0;
};

TEST_F(FaultSweep, F6NoFaultCrashesHangsLosesAKeyOrPassesForSuccess) {
  Sweep sweep;
  sweep.run(all_sweep_scripts());
  show(sweep);
  EXPECT_GT(sweep.injections(), 200u);
}

TEST_F(FaultSweep, F18NorInACustomersToken) {
  Sweep sweep(TokenRole::customer);
  sweep.run(customers_sweep_scripts());
  show(sweep);
  EXPECT_GT(sweep.injections(), 100u);
}

// The old wraps of these DEKs are given up for what comes back: a wrong DEK that is believed is a lost seed.
TEST_F(FaultSweep, S3NoWrongAnswerAtAnyOpeningPutsAWrongDekUnderTheNewKey) {
  Sweep sweep;
  const auto script = rewrap_deks_script();
  for (const auto* lie : {"garbage", "garbage times 2", "garbage times 3", "garbage times 1000"})
    sweep.strike_each(*script, "C_Decrypt", SweepFault{lie});
  for (const auto* lie : {"garbage", "garbage times 2", "garbage times 1000"})
    sweep.strike_each(*script, "C_Encrypt", SweepFault{lie});
  show(sweep);
  EXPECT_GT(sweep.injections(), 30u);
}

}  // namespace
}  // namespace kaito::hsm::test
