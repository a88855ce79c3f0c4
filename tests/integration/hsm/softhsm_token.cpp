#include "tests/integration/hsm/softhsm_token.hpp"

#include <stdlib.h>

#include <stdexcept>

#include "appliance/base/file.hpp"
#include "hsm/client/token_setup.hpp"

namespace kaito::hsm::test {
namespace {

constexpr std::string_view kSoPin = "security-officer-0815";

template <class T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().describe());
  return *std::move(result);
}
void need(const Status& status) {
  if (!status) throw std::runtime_error(status.error().describe());
}

std::filesystem::path make_directory() {
  std::string path = (std::filesystem::temp_directory_path() / "kaito-softhsm-XXXXXX").string();
  if (!::mkdtemp(path.data())) throw std::runtime_error("mkdtemp failed");
  return path;
}

}  // namespace

SoftHsmToken::SoftHsmToken(std::string label)
    : label_(std::move(label)),
      directory_(make_directory()),
      pin_file_(directory_ / "pin"),
      so_pin_file_(directory_ / "so-pin"),
      softhsm_(need(write_softhsm_config(directory_ / "softhsm"))) {
  write_pin(kPin);
  need(write_file_atomically(so_pin_file_, as_bytes(kSoPin)));
  add_token(label_);
}

SoftHsmToken::~SoftHsmToken() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

ClientConfig SoftHsmToken::config() const {
  ClientConfig config;
  config.worker = KAITO_HSM_WORKER;
  config.token_uri = fmt::format("pkcs11:token={}?pin-source=file:{}", label_, pin_file_.string());
  config.module = need(find_softhsm_module());
  config.token_directory = softhsm_.token_directory;
  config.environment = softhsm_.environment();
  // Sanitizers and a busy machine are slow; a test that is about deadlines sets its own.
  config.call_deadline = Seconds(30);
  config.start_deadline = Seconds(60);
  return config;
}

std::filesystem::path SoftHsmToken::token_object() const {
  for (const auto& entry : std::filesystem::directory_iterator(softhsm_.token_directory))
    if (entry.is_directory()) return entry.path() / "token.object";
  throw std::runtime_error("no token in the directory");
}

void SoftHsmToken::write_pin(std::string_view pin) const { need(write_file_atomically(pin_file_, as_bytes(pin))); }

void SoftHsmToken::add_token(const std::string& label) const {
  need(set_up_token(config(), {.label = label, .so_pin_file = so_pin_file_, .user_pin_file = pin_file_}));
}

void CapturedLog::write(LogLevel, std::string_view line) {
  const std::scoped_lock lock(mutex_);
  lines_.emplace_back(line);
}

std::size_t CapturedLog::count(std::string_view text) const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(lines_, [&](const std::string& line) { return line.find(text) != std::string::npos; }));
}

std::string CapturedLog::all() const {
  const std::scoped_lock lock(mutex_);
  std::string text;
  for (const auto& line : lines_) text += line + "\n";
  return text;
}

}  // namespace kaito::hsm::test
