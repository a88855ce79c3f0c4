#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <set>

#include "appliance/base/unique_fd.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/integration/store/check_integrity.hpp"
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store::sqlite {
namespace {

using samples::nth;

// A running crash_writer and the pipe that its acknowledgements come through.
class WritingProcess {
 public:
  WritingProcess(const std::filesystem::path& database, std::uint32_t first) {
    int ends[2];
    KAITO_INVARIANT(::pipe2(ends, O_CLOEXEC) == 0);
    acknowledgements_ = UniqueFd(ends[0]);
    const UniqueFd child_end(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, child_end.get(), STDOUT_FILENO);
    std::string program = KAITO_CRASH_WRITER;
    std::string path = database.string();
    std::string number = std::to_string(first);
    char* arguments[] = {program.data(), path.data(), number.data(), nullptr};
    KAITO_INVARIANT(::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
  }

  // Reads until `count` acknowledgements have come, kills, and reads what else was acknowledged before the kill.
  std::vector<std::uint32_t> kill_after(std::size_t count) {
    std::string text;
    while (static_cast<std::size_t>(std::ranges::count(text, '\n')) < count && read_into(text)) {
    }
    ::kill(pid_, SIGKILL);
    while (read_into(text)) {
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with status " << status;
    std::vector<std::uint32_t> numbers;
    for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
      numbers.push_back(static_cast<std::uint32_t>(std::stoul(text.substr(at, end - at))));
    return numbers;
  }

 private:
  bool read_into(std::string& text) {
    char buffer[4096];
    const ssize_t count = ::read(acknowledgements_.get(), buffer, sizeof buffer);
    if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
  }

  UniqueFd acknowledgements_;
  pid_t pid_ = -1;
};

// KAITO_LONG: rounds, or thousands when it is no number.
int rounds() {
  const char* wanted = std::getenv("KAITO_LONG");
  if (!wanted) return 20;
  const int number = std::atoi(wanted);
  return number > 1 ? number : 3000;
}

TEST(SqliteCrash, F25AfterEveryKillAllThatWasAcknowledgedIsThereAndTheRestIsAtomic) {
  const samples::TemporaryDirectory directory;
  const auto path = directory.path() / "store.db";
  samples::SilentLog log;
  std::mt19937 random(std::random_device{}());
  std::uint64_t acknowledged = 0;
  std::uint32_t first = 1;
  for (int round = 0; round < rounds(); ++round) {
    // Zero: killed while it starts, recovers or migrates.
    const auto numbers = WritingProcess(path, first).kill_after(random() % 5 == 0 ? 0 : random() % 200);
    acknowledged += numbers.size();
    {
      auto store = open_store(path, {}, log.logger());
      ASSERT_TRUE(store) << store.error().describe();
      const auto reader = (*store)->snapshot().value();
      for (const std::uint32_t n : numbers) {
        ASSERT_TRUE(reader->org(nth<OrgId>(n)).value()) << "round " << round << ": org " << n << " is lost";
        ASSERT_EQ(reader->audit_rows({.org = nth<OrgId>(n)}).value().size(), 1U) << "round " << round;
        first = std::max(first, n + 1);
      }
      // Unacknowledged ones may be there as well, but never an org without its record or a record without its org.
      const std::uint64_t size = reader->audit_size().value();
      ASSERT_GE(size, acknowledged);
      ASSERT_EQ(reader->audit_leaf_hashes(0, size).value().size(), size);
      first = std::max(first, static_cast<std::uint32_t>(size) + 8);
      for (const AuditRow& row : reader->audit_rows({.limit = 100, .newest_first = true}).value())
        ASSERT_TRUE(reader->org(*row.org).value()) << "round " << round << ": a record without its org";
    }
    ASSERT_EQ(integrity_of(path), "ok") << "round " << round;
  }
  EXPECT_GT(acknowledged, 0U);
}

}  // namespace
}  // namespace kaito::store::sqlite
