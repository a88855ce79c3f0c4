#include "tests/scenario/reference_codes.hpp"

#include <fmt/format.h>
#include <openssl/hmac.h>

#include <array>
#include <sstream>
#include <stdexcept>

#include "tests/scenario/test_appliance.hpp"

namespace kaito::test {
namespace {

std::string steam_code(const ReferenceCode& wanted) {
  constexpr std::string_view kAlphabet = "23456789BCDFGHJKMNPQRTVWXY";
  const auto key = decode_base32(wanted.secret);
  std::array<std::uint8_t, 8> counter{};
  auto step = static_cast<std::uint64_t>(wanted.at / wanted.period);
  for (std::size_t i = counter.size(); i-- > 0; step >>= 8U) counter.at(i) = static_cast<std::uint8_t>(step);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), counter.data(), counter.size(), mac.data(), &size);
  const std::size_t offset = mac.at(size - 1) & 0x0fU;  // RFC 4226 §5.3
  std::uint32_t number = mac.at(offset) & 0x7fU;
  for (std::size_t i = 1; i < 4; ++i) number = number << 8U | mac.at(offset + i);
  std::string code;
  for (int i = 0; i < 5; ++i, number /= kAlphabet.size()) code.push_back(kAlphabet[number % kAlphabet.size()]);
  return code;
}

// oathtool's --hotp knows SHA-1 only; a TOTP with steps of one second at the second `counter` is the same code.
std::string oathtool_line(const ReferenceCode& wanted) {
  const std::int64_t period = wanted.type == "hotp" ? 1 : wanted.period;
  return fmt::format("oathtool --totp={} -b -d {} -s {}s --now '@{}' '{}'\n", wanted.algorithm, wanted.digits, period,
                     wanted.at, wanted.secret);
}

}  // namespace

std::vector<std::uint8_t> decode_base32(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) throw std::invalid_argument("not base32");
    bits = (bits << 5U | static_cast<std::uint32_t>(value)) & 0xfffU;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  return bytes;
}

std::vector<std::string> reference_codes(const std::vector<ReferenceCode>& wanted) {
  std::string script = "set -e\n";
  for (const auto& code : wanted)
    if (code.type != "steam") script += oathtool_line(code);
  const Finished finished = run_program({"sh", "-c", script});
  if (finished.exit_code != 0) throw std::runtime_error("oathtool: " + finished.output);
  std::istringstream lines(finished.output);
  std::vector<std::string> codes;
  for (const auto& code : wanted) {
    if (code.type == "steam") {
      codes.push_back(steam_code(code));
    } else {
      std::string line;
      std::getline(lines, line);
      codes.push_back(std::move(line));
    }
  }
  return codes;
}

}  // namespace kaito::test
