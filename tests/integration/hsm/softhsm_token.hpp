// A SoftHSM2 token of its own for a test: configuration, PIN files and an initialised token in a temporary directory,
// and what it takes to start a kaito::hsm::Client on it. Throws when the machine cannot do that.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/log.hpp"
#include "appliance/base/task.hpp"
#include "hsm/client/client_config.hpp"
#include "hsm/client/softhsm_config.hpp"

namespace kaito::hsm::test {

class SoftHsmToken {
 public:
  explicit SoftHsmToken(std::string label = "kaito-test");
  ~SoftHsmToken();  // removes the directory
  SoftHsmToken(const SoftHsmToken&) = delete;
  SoftHsmToken& operator=(const SoftHsmToken&) = delete;

  // Short deadlines are the test's to set.
  [[nodiscard]] ClientConfig config() const;
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
  [[nodiscard]] const std::filesystem::path& pin_file() const noexcept { return pin_file_; }
  [[nodiscard]] const SoftHsmConfig& softhsm() const noexcept { return softhsm_; }
  // …/tokens/<uuid>/token.object
  [[nodiscard]] std::filesystem::path token_object() const;
  void write_pin(std::string_view pin) const;
  // One more token in the same store.
  void add_token(const std::string& label) const;

  static constexpr std::string_view kPin = "correct-horse-4711";

 private:
  std::string label_;
  std::filesystem::path directory_;
  std::filesystem::path pin_file_;
  std::filesystem::path so_pin_file_;
  SoftHsmConfig softhsm_;
};

// Keeps log lines for the test to look at. Thread-safe.
class CapturedLog final : public LogSink {
 public:
  void write(LogLevel level, std::string_view line) override;
  // Lines that contain `text`.
  [[nodiscard]] std::size_t count(std::string_view text) const;
  [[nodiscard]] std::string all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

inline Bytes aad_of(std::string_view text) { return Bytes(text.begin(), text.end()); }

// Waits for a future on the calling thread.
template <class T>
T wait_for(Future<T> future) {
  return sync_wait([](Future<T> awaited) -> Task<T> { co_return co_await std::move(awaited); }(std::move(future)));
}

}  // namespace kaito::hsm::test
