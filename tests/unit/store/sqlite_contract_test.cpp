// The contract, kept by SQLite.
#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store {
namespace {

class SqliteUnderTest final : public StoreUnderTest {
 public:
  SqliteUnderTest() { reopen(); }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    auto opened = sqlite::open_store(directory_.path() / "store.db", {}, log_.logger());
    if (!opened) ADD_FAILURE() << opened.error().describe();
    KAITO_INVARIANT(opened.has_value());
    store_ = *std::move(opened);
  }

 private:
  samples::TemporaryDirectory directory_;
  samples::SilentLog log_;
  std::unique_ptr<Store> store_;
};

std::unique_ptr<StoreUnderTest> make_sqlite() { return std::make_unique<SqliteUnderTest>(); }

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&make_sqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, SeedListing, testing::Values(&make_sqlite));

}  // namespace kaito::store
