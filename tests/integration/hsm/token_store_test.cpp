// F1 and F2: the worker is killed, or its disk is full, at every system call by which it or SoftHSM writes. strace does
// that to the real worker on a real token directory.
//
// The short form takes every so many of the calls; KAITO_SWEEP=long all of them.
#include <gtest/gtest.h>
#include <poll.h>

#include <cstdlib>

#include "appliance/base/file.hpp"
#include "hsm/client/client.hpp"
#include "hsm/softhsm_object_file.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

namespace fs = std::filesystem;

constexpr KeyVersion kCreated = 77;
constexpr KeyVersion kDestroyed = 5;
constexpr int kShortStep = 7;

bool long_form() {
  const char* form = std::getenv("KAITO_SWEEP");
  return form && std::string_view(form) == "long";
}

class TokenStore : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("strace -qq -o /dev/null true 2>/dev/null") != 0)
      GTEST_SKIP() << "strace is not installed, or ptrace is not allowed here";
    const auto made = client();
    ASSERT_TRUE(made) << made.error().describe();
    ASSERT_TRUE(wait_for((*made)->create_platform_kek(1)));
    ASSERT_TRUE(wait_for((*made)->create_platform_kek(kDestroyed)));
    kek_ = std::make_shared<OrgKek>(OrgKek{.wrapped = *wait_for((*made)->create_org_kek(1, {}))});
    good_ = *types_of(token_.token_object());
  }

  static Result<std::set<std::uint64_t>> types_of(const fs::path& file) {
    KAITO_TRY(const std::string content, read_file(file, 1 << 16));
    return read_softhsm_object(as_bytes(content));
  }
  // As a token that lost half of its attributes is not.
  bool token_is_whole() const {
    const auto types = types_of(token_.token_object());
    return types && *types == good_;
  }

  fs::path trace_file() const { return token_.directory() / "trace"; }

  // `strace` arguments for the first worker that is started; those after it run without.
  Result<std::unique_ptr<Client>> client(std::string_view strace = {}) {
    auto config = token_.config();
    config.first_backoff = Milliseconds(1);
    if (!strace.empty()) {
      const fs::path once = token_.directory() / "struck";
      fs::remove(once);
      fs::remove(trace_file());
      // -D: the worker, not strace, is our child. LeakSanitizer does not work under ptrace.
      const std::string script = fmt::format(
          "#!/bin/sh\nmkdir {} 2>/dev/null || exec {} \"$@\"\nASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\"\n"
          "export ASAN_OPTIONS\nexec strace -D -q -o {} {} -- {} \"$@\"\n",
          once.string(), config.worker.string(), trace_file().string(), strace, config.worker.string());
      const fs::path wrapper = token_.directory() / "traced-worker";
      KAITO_CHECK(write_file_atomically(wrapper, as_bytes(script), 0700));
      config.worker = wrapper;
    }
    return Client::start(config, clock_, logger_);
  }

  // strace has written its last line: the worker's end.
  std::string trace() const {
    for (int tries = 0; tries < 2000; ++tries) {
      auto text = read_file(trace_file(), 1 << 24);
      if (text && text->find("+++ ") != std::string::npos) return *text;
      ::poll(nullptr, 0, 5);
    }
    return {};
  }

  // What workers say while it lives: a damaged token that they restore.
  class Alarms {
   public:
    explicit Alarms(TokenStore& test) : test_(test) { ::testing::internal::CaptureStderr(); }
    ~Alarms() {
      const std::string text = ::testing::internal::GetCapturedStderr();
      const bool damaged = text.find("hsm.token.damaged") != std::string::npos;
      if (damaged && text.find("hsm.token.restored") != std::string::npos) ++test_.restored_;
    }
    Alarms(const Alarms&) = delete;
    Alarms& operator=(const Alarms&) = delete;

   private:
    TokenStore& test_;
  };

  struct Acknowledged {
    bool created = false;
    bool destroyed = false;
  };
  // A start, a creation and a destruction, with whatever happens to the worker meanwhile, its next start included.
  Acknowledged live(std::string_view strace) {
    Acknowledged done;
    const Alarms alarms(*this);
    if (const auto traced = client(strace)) {
      done.created = wait_for((*traced)->create_platform_kek(kCreated)).has_value();
      done.destroyed = wait_for((*traced)->destroy_platform_kek(kDestroyed)).has_value();
    }
    return done;
  }

  // Starts a worker without strace: all that was acknowledged is so. Then everything as it was.
  void expect_intact(const Acknowledged& done) {
    const int restored_before = restored_;
    const bool damaged = !token_is_whole();
    const auto healthy = [&] {
      const Alarms alarms(*this);
      return client();
    }();
    ASSERT_TRUE(healthy) << healthy.error().describe();
    if (damaged) EXPECT_EQ(restored_, restored_before + 1) << "a damaged token came back without an alarm";
    EXPECT_TRUE(wait_for((*healthy)->load_org_kek(kek_)));
    const auto status = wait_for((*healthy)->status());
    ASSERT_TRUE(status);
    const auto has = [&](KeyVersion version) {
      return std::ranges::find(status->platform_keks, version, &PlatformKek::version) != status->platform_keks.end();
    };
    EXPECT_TRUE(has(kCreated) || !done.created);
    EXPECT_TRUE(!has(kDestroyed) || !done.destroyed);
    EXPECT_TRUE(wait_for((*healthy)->destroy_platform_kek(kCreated)));
    if (!has(kDestroyed)) EXPECT_TRUE(wait_for((*healthy)->create_platform_kek(kDestroyed)));
  }

  // Strikes at call after call of `system_call` until none is left. `{}` of `injection` is the number of the call.
  void sweep(std::string_view system_call, std::string_view injection) {
    for (int call = 1;; call += long_form() ? 1 : kShortStep) {
      const std::string strace = fmt::format("-e trace={} -e inject={}:{}", system_call, system_call,
                                             fmt::format(fmt::runtime(injection), call));
      SCOPED_TRACE(strace);
      const Acknowledged done = live(strace);
      const std::string text = trace();
      const bool struck =
          text.find("(INJECTED)") != std::string::npos || text.find("killed by SIGKILL") != std::string::npos;
      expect_intact(done);
      if (HasFatalFailure()) return;
      if (!struck) return;
      ++strikes_;
    }
  }
  void report(std::string_view what) const {
    fmt::print("{}: {} strikes, {} damaged tokens restored with an alarm\n", what, strikes_, restored_);
  }

  // Before the token, which is a directory there: processes are killed here, not machines, so fsync may cost nothing.
  const bool in_memory_ = fs::is_directory("/dev/shm") && ::setenv("TMPDIR", "/dev/shm", 0) == 0;
  SoftHsmToken token_;
  SystemClock clock_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  OrgKekRef kek_;
  std::set<std::uint64_t> good_;
  int strikes_ = 0;
  int restored_ = 0;
};

TEST_F(TokenStore, F1SurvivesAKillAtEveryWrite) {
  for (const char* system_call : {"write", "ftruncate", "rename", "unlink", "fsync"})
    sweep(system_call, "signal=SIGKILL:when={}");
  report("kill -9");
  EXPECT_GE(strikes_, 5);
}

// The kill that SoftHSM cannot survive by itself: its file is empty, what belongs there not yet written.
TEST_F(TokenStore, F1RestoresTheTokenAfterAKillBetweenTruncationAndWriteOfALogin) {
  const std::string strace = fmt::format("-P {} -e trace=write -e inject=write:signal=SIGKILL:when=1",
                                         fs::canonical(token_.token_object()).string());
  const Acknowledged done = live(strace);
  if (trace().find("killed by SIGKILL") == std::string::npos)
    GTEST_SKIP() << "strace cannot tell the worker's files here";
  expect_intact(done);
  EXPECT_EQ(restored_, 1);
}

TEST_F(TokenStore, F2SurvivesADiskThatIsFullAtEveryWrite) {
  sweep("write", "error=ENOSPC:when={}");
  report("one write without space");
  EXPECT_GE(strikes_, 2);
}

TEST_F(TokenStore, F2SurvivesADiskThatIsFullFromAnyWriteOn) {
  sweep("write", "error=ENOSPC:when={}+");
  report("no space from one write on");
  EXPECT_GE(strikes_, 2);
}

// SoftHSM says that the login succeeded, and has lost the token: 0 bytes are left of it on the disk.
TEST_F(TokenStore, F2RestoresTheTokenAtOnceWhenTheDiskIsFullDuringCLogin) {
  const std::string strace =
      fmt::format("-P {} -e trace=write -e inject=write:error=ENOSPC", fs::canonical(token_.token_object()).string());
  const auto traced = [&] {
    const Alarms alarms(*this);
    return client(strace);
  }();
  const bool served = traced.has_value();
  const bool works = served && wait_for((*traced)->load_org_kek(kek_)).has_value();
  if (served) (*traced)->stop();
  if (trace().find("(INJECTED)") == std::string::npos) GTEST_SKIP() << "strace cannot tell the worker's files here";
  EXPECT_TRUE(works);
  EXPECT_EQ(restored_, 1);
  EXPECT_TRUE(token_is_whole());
  expect_intact({});
}

}  // namespace
}  // namespace kaito::hsm::test
