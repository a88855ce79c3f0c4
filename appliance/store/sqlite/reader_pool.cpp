#include "appliance/store/sqlite/reader_pool.hpp"

#include <fmt/format.h>

#include "appliance/base/invariant.hpp"
#include "appliance/store/sqlite/open_connection.hpp"
#include "appliance/store/sqlite/row_reader.hpp"

namespace kaito::store::sqlite {

class ReaderPool::Snapshot final : public RowReader<Reader> {
 public:
  Snapshot(ReaderPool& pool, std::unique_ptr<Connection> connection) noexcept
      : RowReader(*connection), pool_(pool), owned_(std::move(connection)) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() override {
    // A connection that has seen a fault, or cannot end its transaction, is not used again.
    if (!owned_->run("COMMIT") || owned_->database().worst_fault() != Fault::none) owned_.reset();
    pool_.give_back(std::move(owned_));
  }

 private:
  ReaderPool& pool_;
  std::unique_ptr<Connection> owned_;
};

ReaderPool::ReaderPool(std::filesystem::path path, std::string vfs, const RowSeal& seal, std::uint32_t limit,
                       Milliseconds wait)
    : path_(std::move(path)), vfs_(std::move(vfs)), seal_(seal), limit_(limit), wait_(wait) {
  idle_.reserve(limit_);
}

ReaderPool::~ReaderPool() { KAITO_INVARIANT(borrowed_ == 0); }

Result<std::unique_ptr<Reader>> ReaderPool::snapshot() {
  KAITO_TRY(auto connection, borrow());
  // Deferred: the first read fixes the state that all reads see.
  if (auto begun = connection->run("BEGIN"); !begun) {
    give_back(nullptr);
    return fail(std::move(begun).error());
  }
  return std::make_unique<Snapshot>(*this, std::move(connection));
}

Result<std::unique_ptr<Connection>> ReaderPool::borrow() {
  {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, wait_, [this] { return borrowed_ < limit_; }))
      return fail(Code::deadline_exceeded,
                  fmt::format("all {} reading connections were busy for {} ms", limit_, wait_.count()));
    ++borrowed_;
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  auto opened = open_reader_connection(path_, vfs_, seal_);
  if (opened) return std::make_unique<Connection>(*std::move(opened));
  give_back(nullptr);
  return fail(std::move(opened).error());
}

void ReaderPool::give_back(std::unique_ptr<Connection> connection) noexcept {
  {
    const std::lock_guard lock(mutex_);
    --borrowed_;
    if (connection) idle_.push_back(std::move(connection));  // within the capacity reserved
  }
  returned_.notify_one();
}

}  // namespace kaito::store::sqlite
