// The database as somebody with the disk edits it, while nothing of the product uses it.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace kaito::test {

class EditedDatabase {
 public:
  explicit EditedDatabase(const std::filesystem::path& path) {
    if (sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
      throw std::runtime_error("the database does not open");
  }
  ~EditedDatabase() { sqlite3_close(handle_); }
  EditedDatabase(const EditedDatabase&) = delete;
  EditedDatabase& operator=(const EditedDatabase&) = delete;

  void run(const std::string& sql) {
    define(sql);
    if (sqlite3_changes(handle_) == 0) throw std::runtime_error(sql + ": changed nothing");
  }
  void define(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
  }
  std::string hex(const std::string& sql) {
    std::string value;
    const auto take = [](void* target, int, char** columns, char**) {
      *static_cast<std::string*>(target) = columns[0];
      return 0;
    };
    if (sqlite3_exec(handle_, sql.c_str(), take, &value, nullptr) != SQLITE_OK)
      throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
    return value;
  }

 private:
  sqlite3* handle_ = nullptr;
};

// x'…' for SQL, of a seed's id.
inline std::string blob_of(std::string id) {
  std::erase(id, '-');
  return "x'" + id + "'";
}

}  // namespace kaito::test
