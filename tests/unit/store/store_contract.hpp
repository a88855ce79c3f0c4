// What every Store must do, whatever keeps its rows. A database brings a StoreFactory and instantiates StoreContract.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/store/samples.hpp"

namespace kaito::store {

// An empty store that can be closed and opened again.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  virtual void reopen() = 0;
};

using StoreFactory = std::unique_ptr<StoreUnderTest> (*)();

class StoreContract : public testing::TestWithParam<StoreFactory> {
 protected:
  Store& store() { return subject_->store(); }
  void reopen() { subject_->reopen(); }

  Status write(Job job, JobKind kind = JobKind::change) { return samples::write(store(), std::move(job), kind); }

  // Inserts all rows in one job; the test ends when that fails.
  template <class... Rows>
  void insert(const Rows&... rows) {
    const Status done = write([&](Writer& writer) -> Status {
      Status status;
      ((status = status ? writer.insert(rows) : status), ...);
      return status;
    });
    ASSERT_TRUE(done) << done.error().describe();
  }

  // How many slices of `rows` it takes until nothing is left of an org that was removed.
  std::size_t slices_until_purged(std::uint32_t org, std::uint32_t rows) {
    for (std::size_t slices = 1;; ++slices) {
      bool more = false;
      const Status done = write([&](Writer& writer) -> Status {
        KAITO_TRY(more, writer.purge_org(samples::nth<OrgId>(org), rows));
        return {};
      });
      EXPECT_TRUE(done) << done.error().describe();
      if (!done || !more) return slices;
    }
  }

  std::unique_ptr<Reader> snapshot() {
    auto reader = store().snapshot();
    KAITO_INVARIANT(reader.has_value());
    return *std::move(reader);
  }

 private:
  std::unique_ptr<StoreUnderTest> subject_ = GetParam()();
};

// A store with five labelled seeds, three of them in groups.
class SeedListing : public StoreContract {
 protected:
  void SetUp() override;
  // Accounts of the seeds that a filter finds in org 1, page by page, joined by blanks.
  std::string accounts(SeedFilter filter, std::uint32_t limit = 2);
};

}  // namespace kaito::store

// Assertions on a Result that name the error.
#define EXPECT_DONE(expression)                                           \
  do {                                                                    \
    const auto& kaito_done = (expression);                                \
    EXPECT_TRUE(kaito_done.has_value()) << kaito_done.error().describe(); \
  } while (false)
#define EXPECT_CODE(expression, expected)                                                \
  do {                                                                                   \
    const auto& kaito_result = (expression);                                             \
    ASSERT_FALSE(kaito_result.has_value());                                              \
    EXPECT_EQ(kaito_result.error().code, (expected)) << kaito_result.error().describe(); \
  } while (false)
#define EXPECT_REFUSED(expression, expected, name)                                       \
  do {                                                                                   \
    const auto& kaito_result = (expression);                                             \
    ASSERT_FALSE(kaito_result.has_value());                                              \
    EXPECT_EQ(kaito_result.error().code, (expected)) << kaito_result.error().describe(); \
    EXPECT_EQ(kaito_result.error().field, (name));                                       \
  } while (false)
