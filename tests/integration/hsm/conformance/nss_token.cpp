// NSS softoken with a database of its own.
#include <fmt/format.h>

#include "appliance/base/file.hpp"
#include "tests/integration/hsm/conformance/child_process.hpp"
#include "tests/integration/hsm/conformance/token_under_test.hpp"

namespace kaito::hsm::test {
namespace {

constexpr std::string_view kPin = "correct-horse-4711";

class NssToken final : public TokenUnderTest {
 public:
  NssToken() : module_(need_module({"libsoftokn3.so"}, "libnss3")) {
    need_program("certutil", "libnss3-tools");
    const auto pin = directory_.path() / "pin";
    if (const auto written = write_file_atomically(pin, as_bytes(kPin)); !written)
      throw std::runtime_error(written.error().describe());
    run_program({"certutil", "-N", "-d", "sql:" + directory_.path().string(), "-f", pin.string()});
  }
  [[nodiscard]] ClientConfig config() const override {
    ClientConfig config = worker_config("NSS%20Certificate%20DB", directory_.path() / "pin");
    config.module = module_;
    config.module_arguments =
        fmt::format("configdir='sql:{}' certPrefix='' keyPrefix='' secmod='' flags=", directory_.path().string());
    return config;
  }

 private:
  TemporaryDirectory directory_;
  std::filesystem::path module_;
};

}  // namespace

std::unique_ptr<TokenUnderTest> make_nss_token() { return std::make_unique<NssToken>(); }

}  // namespace kaito::hsm::test
