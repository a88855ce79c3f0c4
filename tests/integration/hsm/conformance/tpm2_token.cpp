// tpm2-pkcs11 on a TPM in software, with a store of its own.
#include "tests/integration/hsm/conformance/child_process.hpp"
#include "tests/integration/hsm/conformance/token_under_test.hpp"

namespace kaito::hsm::test {
namespace {

constexpr const char* kLabel = "kaito-test";

class Tpm2Token final : public TokenUnderTest {
 public:
  Tpm2Token() : module_(need_module({"libtpm2_pkcs11.so"}, "libtpm2-pkcs11-1")) {
    need_program("swtpm", "swtpm");
    for (const char* folder : {"state", "store"}) std::filesystem::create_directory(directory_.path() / folder);
    tpm_.emplace(std::vector<std::string>{
        "swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + (directory_.path() / "state").string(), "--ctrl",
        "type=unixio,path=" + socket().string() + ".ctrl", "--server", "type=unixio,path=" + socket().string(),
        "--flags", "not-need-init,startup-clear"});
    tpm_->wait_until([&] { return std::filesystem::exists(socket()); });
    set_up(config(), kLabel, directory_.path(), "security-officer-0815", "correct-horse-4711");
  }
  [[nodiscard]] ClientConfig config() const override {
    ClientConfig config = worker_config(kLabel, directory_.path() / "pin");
    config.module = module_;
    config.environment = {{"TPM2_PKCS11_TCTI", "swtpm:path=" + socket().string()},
                          {"TPM2_PKCS11_STORE", (directory_.path() / "store").string()}};
    return config;
  }

 private:
  [[nodiscard]] std::filesystem::path socket() const { return directory_.path() / "tpm.socket"; }
  TemporaryDirectory directory_;
  std::filesystem::path module_;
  std::optional<ChildProcess> tpm_;
};

}  // namespace

std::unique_ptr<TokenUnderTest> make_tpm2_token() { return std::make_unique<Tpm2Token>(); }

}  // namespace kaito::hsm::test
