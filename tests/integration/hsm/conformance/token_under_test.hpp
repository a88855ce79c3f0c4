// The tokens on which the conformance suite runs, each made from nothing in a temporary directory.
#pragma once

#include <filesystem>
#include <memory>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>

#include "hsm/client/client_config.hpp"

namespace kaito::hsm::test {

// Why a token cannot be had on this machine: the suite skips it and prints the reason. Anything else that goes wrong is
// an std::runtime_error, and a failure.
struct Unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class TokenUnderTest {
 public:
  TokenUnderTest() = default;
  virtual ~TokenUnderTest() = default;
  TokenUnderTest(const TokenUnderTest&) = delete;
  TokenUnderTest& operator=(const TokenUnderTest&) = delete;
  [[nodiscard]] virtual ClientConfig config() const = 0;
};

struct Candidate {
  const char* name;
  const char* what;  // for the table
  std::unique_ptr<TokenUnderTest> (*make)();
  // Known to lack what the product needs: that it is refused for it (hsm_unsupported) is the finding then.
  bool lacks_something = false;
  bool takes_wrapped_keys = false;  // known to: that it does not any more is a failure
};

// For GoogleTest.
inline void PrintTo(const Candidate& candidate, std::ostream* out) { *out << candidate.name; }

std::span<const Candidate> candidates();

std::unique_ptr<TokenUnderTest> make_opencryptoki_token();
std::unique_ptr<TokenUnderTest> make_nss_token();
std::unique_ptr<TokenUnderTest> make_tpm2_token();

// Removed with its content.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

// A library of one of these names in the places where Debian keeps PKCS#11 modules; throws Unavailable.
std::filesystem::path need_module(std::initializer_list<const char*> names, const std::string& package);

// A worker with generous deadlines for the token that `label` names and the PIN in `pin_file`.
ClientConfig worker_config(const std::string& label, const std::filesystem::path& pin_file);

// Initialises a token by the product's own set-up, with these PINs.
void set_up(const ClientConfig& config, const std::string& label, const std::filesystem::path& directory,
            std::string_view so_pin, std::string_view user_pin);

}  // namespace kaito::hsm::test
