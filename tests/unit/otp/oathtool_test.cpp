// Codes against an implementation apart from ours: oathtool of the OATH Toolkit.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "appliance/otp/one_time_code.hpp"
#include "import_vectors.hpp"

namespace kaito::otp {
namespace {

constexpr int kCases = 1000;
constexpr int kWindow = 4;  // codes after the first one that each call prints

struct Case {
  Parameters parameters;
  Seed secret;
  std::int64_t time = 0;  // or counter
};

// One shell script with a line for each case: 1000 processes, one pipe.
std::vector<std::string> run_oathtool(const std::vector<Case>& cases) {
  std::string path = (std::filesystem::temp_directory_path() / "kaito-oathtool-XXXXXX").string();
  const int descriptor = mkstemp(path.data());
  EXPECT_GE(descriptor, 0);
  close(descriptor);
  std::ofstream script(path);
  for (const Case& c : cases) {
    const std::string key = to_base32(c.secret.expose_secret());
    if (c.parameters.type == Type::hotp)
      script << fmt::format("oathtool --hotp -b -d {} -c {} -w {} {}\n", c.parameters.digits, c.time, kWindow, key);
    else
      script << fmt::format("oathtool --totp={} -b -d {} -s {}s --now @{} -w {} {}\n",
                            to_string(c.parameters.algorithm), c.parameters.digits, c.parameters.period, c.time,
                            kWindow, key);
  }
  script.close();
  std::vector<std::string> lines;
  FILE* pipe = popen(("sh " + path).c_str(), "r");
  std::array<char, 64> line{};
  while (std::fgets(line.data(), line.size(), pipe) != nullptr)
    lines.emplace_back(line.data(), std::strcspn(line.data(), "\n"));
  EXPECT_EQ(pclose(pipe), 0);
  std::filesystem::remove(path);
  return lines;
}

Seed random_secret(std::mt19937_64& random) {
  Seed secret(10 + random() % 55);
  for (auto& byte : secret.expose_secret()) byte = static_cast<std::uint8_t>(random());
  return secret;
}

std::int64_t random_time(std::mt19937_64& random) { return static_cast<std::int64_t>(random() % 7'000'000'000); }

TEST(Oathtool, AgreesOnTotpAtAThousandRandomTimesWithAllParameters) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  constexpr std::array<std::uint16_t, 8> kPeriods{10, 15, 30, 45, 60, 90, 120, 300};
  std::vector<Case> cases;
  for (unsigned i = 0; i < kCases; ++i) {
    const auto period = i % 9 == 8 ? static_cast<std::uint16_t>(10 + random() % 291) : kPeriods.at(i % 9);
    const Parameters parameters{.type = Type::totp,
                                .algorithm = static_cast<Algorithm>(i / 9 % 3),
                                .digits = static_cast<std::uint8_t>(6 + i / 27 % 3),
                                .period = period};
    cases.push_back({.parameters = parameters, .secret = random_secret(random), .time = random_time(random)});
  }
  const auto lines = run_oathtool(cases);
  ASSERT_EQ(lines.size(), cases.size() * (kWindow + 1));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Case& c = cases[i / (kWindow + 1)];
    const std::int64_t time = c.time + static_cast<std::int64_t>(i % (kWindow + 1)) * c.parameters.period;
    const auto timed = totp_code(c.secret, c.parameters, from_unix_ms(time * 1000 + 999));
    ASSERT_TRUE(timed.has_value());
    ASSERT_EQ(timed->code.view(), lines[i])
        << to_string(c.parameters.algorithm) << ' ' << c.parameters.period << ' ' << time;
  }
}

TEST(Oathtool, AgreesOnHotpAtRandomCounters) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  std::vector<Case> cases;
  for (unsigned i = 0; i < 100; ++i)
    cases.push_back({.parameters = {.type = Type::hotp, .digits = static_cast<std::uint8_t>(6 + i % 3), .period = 0},
                     .secret = random_secret(random),
                     .time = static_cast<std::int64_t>(random() >> (1 + random() % 60))});
  const auto lines = run_oathtool(cases);
  ASSERT_EQ(lines.size(), cases.size() * (kWindow + 1));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Case& c = cases[i / (kWindow + 1)];
    const auto code = hotp_code(c.secret, c.parameters, static_cast<std::uint64_t>(c.time) + i % (kWindow + 1));
    ASSERT_TRUE(code.has_value());
    ASSERT_EQ(code->view(), lines[i]) << c.time;
  }
}

}  // namespace
}  // namespace kaito::otp
