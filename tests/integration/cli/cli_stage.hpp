// One appliance for all tests, whose staff, org and owner were made with `kaito` itself.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/value.hpp>

#include "appliance/cli/command_line.hpp"
#include "tests/fakes/scripted_terminal.hpp"
#include "tests/fakes/soft_authenticator/soft_authenticator.hpp"
#include "tests/scenario/test_appliance.hpp"

namespace kaito::test {

struct Ran {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// A person at a terminal, with a home directory and perhaps a security key.
class Person {
 public:
  Person(const TestAppliance& appliance, std::string name);

  std::deque<std::string> types;  // what they answer to prompts
  std::string stdin_text;
  SoftAuthenticator* key = nullptr;  // plugged in
  std::map<std::string, std::string> environment;
  std::vector<std::string> prompts;  // that they have seen

  // `kaito WORDS…` in this process.
  Ran kaito(std::vector<std::string> words);
  // The same with --json; aborts the test program when it fails.
  boost::json::value json(std::vector<std::string> words);
  // The built program; out holds both streams.
  [[nodiscard]] Ran program(std::vector<std::string> words, const std::string& input = {}) const;

  // A file in their home directory.
  [[nodiscard]] std::string file(const std::string& name, std::string_view content) const;
  [[nodiscard]] std::filesystem::path home() const { return home_; }

 private:
  std::filesystem::path home_;
};

constexpr std::string_view kOwnerPassword = "nine brown owls at dusk";
constexpr std::string_view kSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

// Exit codes.
constexpr int kPartlyDone = 1;
constexpr int kUsage = 2;
constexpr int kUnauthenticated = 3;
constexpr int kForbidden = 4;
constexpr int kNotFound = 5;
constexpr int kConflict = 6;
constexpr int kUnavailable = 9;
constexpr int kIntegrity = 13;

inline std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// Appliance, officer (with a key that has its own user verification), org "Acme" and its owner, all logged in.
class CliStage : public testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();

  static std::unique_ptr<TestAppliance> appliance;
  static std::unique_ptr<SoftAuthenticator> officer_key;
  static std::unique_ptr<Person> officer;
  static std::unique_ptr<Person> owner;
};

}  // namespace kaito::test
