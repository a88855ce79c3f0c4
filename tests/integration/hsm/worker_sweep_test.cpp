// Each operation through a client, with the worker's module crashing or hanging at each PKCS#11 call: the caller gets
// an answer in time, a new worker serves, and nothing that was acknowledged is lost.
//
// The short form strikes at some of the call sites; KAITO_SWEEP=long at all of them, at the first three calls.
#include <gtest/gtest.h>

#include <signal.h>

#include <cstdlib>
#include <functional>

#include "appliance/base/file.hpp"
#include "hsm/client/client.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

using std::chrono::steady_clock;

constexpr KeyVersion kFresh = 77;
constexpr Milliseconds kCallDeadline{800};
constexpr Milliseconds kAnswerBy = kCallDeadline + Seconds(2);
constexpr Milliseconds kBackBy{5000};  // F5
constexpr std::size_t kShortEvery = 19;

constexpr std::array kFunctions{
    "C_GetSlotList",      "C_GetTokenInfo",  "C_GetMechanismInfo",  "C_OpenSession",     "C_Login",
    "C_CreateObject",     "C_DestroyObject", "C_GetAttributeValue", "C_FindObjectsInit", "C_FindObjects",
    "C_FindObjectsFinal", "C_EncryptInit",   "C_Encrypt",           "C_DecryptInit",     "C_Decrypt",
    "C_SignInit",         "C_Sign",          "C_VerifyInit",        "C_Verify",          "C_GenerateKey",
    "C_GenerateKeyPair",  "C_WrapKey",       "C_UnwrapKey"};

bool long_form() {
  const char* form = std::getenv("KAITO_SWEEP");
  return form && std::string_view(form) == "long";
}

template <class T>
Status outcome_of(const Result<T>& result) {
  return result ? Status() : fail(result.error());
}

class WorkerSweep : public ::testing::Test {
 protected:
  struct Operation {
    std::string_view name;
    std::function<void()> prepare;
    std::function<Status()> run;
    std::function<std::string(bool acknowledged)> judge;  // empty, or what is wrong
  };

  void SetUp() override {
    auto config = token_.config();
    config.environment["P11FAULT_MODULE"] = config.module.string();
    config.environment["P11FAULT_PLAN"] = plan_file().string();
    config.environment["P11FAULT_REPORT"] = report_file().string();
    config.module = KAITO_P11FAULT;
    config.call_deadline = kCallDeadline;
    config.start_deadline = Seconds(3);
    config.first_backoff = Milliseconds(1);
    config.longest_backoff = Milliseconds(50);
    plan("");
    auto started = Client::start(config, clock_, logger_);
    ASSERT_TRUE(started) << started.error().describe();
    client_ = *std::move(started);
    for (const KeyVersion version : {1U, 2U}) ASSERT_TRUE(wait_for(client_->create_platform_kek(version)));
    ASSERT_TRUE(wait_for(client_->create_audit_key(1)));
    kek_ = std::make_shared<OrgKek>(OrgKek{.wrapped = *wait_for(client_->create_org_kek(1, {}))});
    wrapped_ = *wait_for(client_->wrap_deks(kek_, dek_list()))->front();
  }

  std::vector<DekToWrap> dek_list() const {
    std::vector<DekToWrap> list;
    list.push_back({.dek = dek_.duplicate(), .aad = {}});
    return list;
  }
  std::filesystem::path plan_file() const { return token_.directory() / "plan"; }
  std::filesystem::path report_file() const { return token_.directory() / "report"; }
  void plan(std::string_view text) const { ASSERT_TRUE(write_file_atomically(plan_file(), as_bytes(text))); }

  std::string opens(const OrgKekRef& kek, const WrappedDek& wrapped) {
    bool right = false;
    const Status opened = insist([&]() -> Status {
      KAITO_TRY(const Dek dek, wait_for(client_->unwrap_dek(kek, wrapped, {})));
      right = dek == dek_;
      return {};
    });
    if (!opened) return opened.error().describe();
    return right ? "" : "another DEK";
  }
  // Until it succeeds, since a worker may just be on its way back.
  Status insist(const std::function<Status()>& operation) {
    const auto begin = steady_clock::now();
    Status done = operation();
    while (!done && steady_clock::now() - begin < kBackBy) done = operation();
    return done;
  }
  std::string gone(const std::function<Status()>& destroy) {
    const Status destroyed = insist(destroy);
    return destroyed ? "" : destroyed.error().describe();
  }

  std::vector<Operation> operations();
  bool strike(const Operation& operation, std::string_view function, int call, std::string_view kind);

  // Before the token, which is a directory there: no power cut here, so fsync may cost nothing.
  const bool in_memory_ = std::filesystem::is_directory("/dev/shm") && ::setenv("TMPDIR", "/dev/shm", 0) == 0;
  SoftHsmToken token_;
  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  std::unique_ptr<Client> client_;
  const Dek dek_ = Dek::random(kDekSize, random_);
  OrgKekRef kek_;
  OrgKekRef made_kek_;
  WrappedDek wrapped_;
  WrappedDek made_;
  std::size_t call_sites_ = 0;
  std::size_t injections_ = 0;
  std::map<std::string, std::size_t> outcomes_;
  Milliseconds slowest_answer_{0};
  Milliseconds slowest_return_{0};
};

std::vector<WorkerSweep::Operation> WorkerSweep::operations() {
  const auto nothing = [] {};
  const auto right = [](bool) { return std::string(); };
  const auto create_kek = [this] { return outcome_of(wait_for(client_->create_platform_kek(kFresh))); };
  const auto destroy_kek = [this] { return wait_for(client_->destroy_platform_kek(kFresh)); };
  const auto create_audit = [this] { return outcome_of(wait_for(client_->create_audit_key(kFresh))); };
  const auto destroy_audit = [this] { return wait_for(client_->destroy_audit_key(kFresh)); };
  const auto has_kek = [this] { return wait_for(client_->create_org_kek(kFresh, {})).has_value(); };
  const auto has_audit = [this] { return wait_for(client_->audit_key(kFresh)).has_value(); };
  const auto judge_made = [this](bool acknowledged) { return acknowledged ? opens(made_kek_, made_) : std::string(); };
  return {
      {"start", nothing,
       [this] {
         ::kill(client_->state().pid, SIGKILL);
         return insist([this] { return wait_for(client_->canary()); });
       },
       right},
      {"create platform KEK", nothing, create_kek,
       [=, this](bool acknowledged) {
         return acknowledged && !has_kek() ? "the new platform KEK is lost" : gone(destroy_kek);
       }},
      {"destroy platform KEK", [=, this] { ASSERT_TRUE(insist(create_kek)); }, destroy_kek,
       [=, this](bool acknowledged) {
         return acknowledged && has_kek() ? "the destroyed platform KEK is there" : gone(destroy_kek);
       }},
      {"create audit key", nothing, create_audit,
       [=, this](bool acknowledged) {
         return acknowledged && !has_audit() ? "the new audit key is lost" : gone(destroy_audit);
       }},
      {"destroy audit key", [=, this] { ASSERT_TRUE(insist(create_audit)); }, destroy_audit,
       [=, this](bool acknowledged) {
         return acknowledged && has_audit() ? "the destroyed audit key is there" : gone(destroy_audit);
       }},
      {"create org KEK", nothing,
       [this]() -> Status {
         KAITO_TRY(auto wrapped, wait_for(client_->create_org_kek(1, {})));
         made_kek_ = std::make_shared<OrgKek>(OrgKek{.wrapped = std::move(wrapped)});
         return {};
       },
       [this](bool acknowledged) {
         const Status loaded = acknowledged ? wait_for(client_->load_org_kek(made_kek_)) : Status();
         return loaded ? "" : loaded.error().describe();
       }},
      {"wrap DEKs", nothing,
       [this]() -> Status {
         made_kek_ = kek_;
         KAITO_TRY(auto wrapped, wait_for(client_->wrap_deks(kek_, dek_list())));
         KAITO_TRY(made_, std::move(wrapped.front()));
         return {};
       },
       judge_made},
      {"unwrap DEKs", nothing,
       [this] {
         const auto opened = wait_for(client_->unwrap_dek(kek_, wrapped_, {}));
         if (opened) EXPECT_TRUE(*opened == dek_);
         return outcome_of(opened);
       },
       right},
      {"rewrap DEKs", nothing,
       [this]() -> Status {
         made_kek_ = kek_;
         KAITO_TRY(auto wrapped, wait_for(client_->rewrap_deks(kek_, kek_, {{wrapped_, {}, {}}})));
         KAITO_TRY(made_, std::move(wrapped.front()));
         return {};
       },
       judge_made},
      {"rewrap org KEKs", nothing,
       [this]() -> Status {
         KAITO_TRY(auto moved, wait_for(client_->rewrap_org_keks(1, 2, {{kek_->wrapped.blob, {}}})));
         KAITO_TRY(auto blob, std::move(moved.front()));
         made_kek_ = std::make_shared<OrgKek>(OrgKek{.wrapped = std::move(blob)});
         made_ = wrapped_;
         return {};
       },
       judge_made},
      {"sign", nothing, [this] { return outcome_of(wait_for(client_->sign(1, {}))); }, right},
      {"canary", nothing, [this] { return wait_for(client_->canary()); }, right},
  };
}

// False: the operation makes fewer calls of the function than that.
bool WorkerSweep::strike(const Operation& operation, std::string_view function, int call, std::string_view kind) {
  SCOPED_TRACE(fmt::format("{}, {} call {}: {}", operation.name, function, call, kind));
  operation.prepare();
  std::filesystem::remove(report_file());
  plan(fmt::format("{} {} {}\n", function, call, kind));
  const auto begin = steady_clock::now();
  const Status ran = operation.run();
  const auto answered = std::chrono::duration_cast<Milliseconds>(steady_clock::now() - begin);
  const bool fired = std::filesystem::exists(report_file());
  plan("");
  const Status back = insist([this] { return wait_for(client_->canary()); });
  const auto returned = std::chrono::duration_cast<Milliseconds>(steady_clock::now() - begin);
  EXPECT_TRUE(back) << back.error().describe();
  EXPECT_EQ(operation.judge(ran.has_value()), "");
  EXPECT_EQ(opens(kek_, wrapped_), "");
  EXPECT_TRUE(insist([this] { return outcome_of(wait_for(client_->sign(1, {}))); }));
  if (!fired) return false;
  ++injections_;
  ++outcomes_[ran ? "succeeded all the same" : fmt::format("refused: {}", traits(ran.error().code).slug)];
  if (!ran) EXPECT_EQ(ran.error().code, Code::hsm_unavailable) << ran.error().describe();
  // A start is waited for, not answered.
  if (operation.name != "start") slowest_answer_ = std::max(slowest_answer_, answered);
  slowest_return_ = std::max(slowest_return_, returned);
  return true;
}

TEST_F(WorkerSweep, F7AWorkerThatCrashesOrHangsAtAnyCallCostsAnAnswerNotAKey) {
  std::size_t place = 0;
  for (const auto& operation : operations()) {
    for (const char* function : kFunctions) {
      for (const std::string_view kind : {"crash", "hang"}) {
        if (!long_form() && ++place % kShortEvery != 0) continue;
        for (int call = 1; call <= (long_form() ? 3 : 1); ++call) {
          if (!strike(operation, function, call, kind)) break;
          call_sites_ += call == 1 && kind == "crash" ? 1 : 0;
        }
      }
    }
  }
  fmt::print("{} call sites, {} injections; slowest answer {} ms, slowest return {} ms\n", call_sites_, injections_,
             slowest_answer_.count(), slowest_return_.count());
  for (const auto& [outcome, count] : outcomes_) fmt::print("  {:>6}  {}\n", count, outcome);
  EXPECT_GT(injections_, 5u);
  EXPECT_LE(slowest_answer_, kAnswerBy);
  EXPECT_LE(slowest_return_, kBackBy);
}

}  // namespace
}  // namespace kaito::hsm::test
