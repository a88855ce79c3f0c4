#include "tests/integration/hsm/customer_token.hpp"

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace kaito::hsm::test {

ClientConfig CustomerToken::config() const {
  ClientConfig config = token_.config();
  config.token_directory.clear();  // theirs: the worker neither locks nor copies it
  config.customer = true;
  return config;
}

std::string CustomerToken::use_hand(std::string_view verb, std::string_view key) const {
  const std::string command =
      fmt::format("SOFTHSM2_CONF='{}' '{}' '{}' '{}' '{}' {} '{}' 2>&1", token_.softhsm().config_file.string(),
                  KAITO_TOKEN_HAND, token_.config().module.string(), label_, token_.pin_file().string(), verb, key);
  std::FILE* pipe = ::popen(command.c_str(), "r");  // NOLINT(cert-env33-c): a test's own words
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::string output;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) output.push_back(static_cast<char>(c));
  if (::pclose(pipe) != 0) throw std::runtime_error(output);
  return output;
}

}  // namespace kaito::hsm::test
