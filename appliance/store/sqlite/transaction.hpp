// A transaction that rolls back unless it was committed.
#pragma once

#include <utility>

#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

class Transaction {
 public:
  // Takes the write lock at once, so that no later statement can find it taken.
  static Result<Transaction> begin_immediate(Connection& connection) {
    KAITO_CHECK(connection.run("BEGIN IMMEDIATE"));
    return Transaction(connection);
  }

  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { roll_back(); }

  // On failure the transaction is still open, and is rolled back by the destructor.
  Status commit() {
    KAITO_CHECK(connection_->run("COMMIT"));
    connection_ = nullptr;
    return {};
  }

  // SQLite ends a transaction by itself after some errors; nothing is left to undo then.
  void roll_back() noexcept {
    Connection* connection = std::exchange(connection_, nullptr);
    if (connection && connection->database().in_transaction()) std::ignore = connection->run("ROLLBACK");
  }

 private:
  explicit Transaction(Connection& connection) noexcept : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace kaito::store::sqlite
