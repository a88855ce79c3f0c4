#include "tests/integration/hsm/conformance/token_under_test.hpp"

#include <stdlib.h>

#include <array>

#include "appliance/base/file.hpp"
#include "hsm/client/token_setup.hpp"
#include "tests/integration/hsm/conformance/remote_token.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

// SoftHSM2, as it is or with the traits of another HSM.
class SoftHsmUnderTest final : public TokenUnderTest {
 public:
  explicit SoftHsmUnderTest(std::string quirks) : quirks_(std::move(quirks)) {}
  [[nodiscard]] ClientConfig config() const override {
    ClientConfig config = token_.config();
    if (quirks_.empty()) return config;
    config.environment.emplace("KAITO_QUIRKS", quirks_);
    config.environment.emplace("KAITO_QUIRKS_MODULE", config.module.string());
    config.module = KAITO_P11QUIRKS;
    return config;
  }

 private:
  SoftHsmToken token_;
  std::string quirks_;
};

std::unique_ptr<TokenUnderTest> with(const char* quirks) { return std::make_unique<SoftHsmUnderTest>(quirks); }

// A token without what wraps by AES: what is left is RSA-OAEP.
class WithoutAes final : public TokenUnderTest {
 public:
  explicit WithoutAes(std::unique_ptr<TokenUnderTest> token) : token_(std::move(token)) {}
  [[nodiscard]] ClientConfig config() const override {
    ClientConfig config = token_->config();
    config.environment.emplace("KAITO_QUIRKS",
                               "hide=0x1080,hide=0x1081,hide=0x1082,hide=0x1087,hide=0x2109,hide=0x210a");
    config.environment.emplace("KAITO_QUIRKS_MODULE", config.module.string());
    config.module = KAITO_P11QUIRKS;
    return config;
  }

 private:
  std::unique_ptr<TokenUnderTest> token_;
};

template <auto kMake>
std::unique_ptr<TokenUnderTest> without_aes() {
  return std::make_unique<WithoutAes>(kMake());
}
std::unique_ptr<TokenUnderTest> make_softhsm() { return with(""); }

// Mechanism numbers: 0x1080 AES key generation, 0x1081 ECB, 0x1082 CBC, 0x1087 GCM, 0x2109 key wrap, 0x210a key wrap
// with padding.
constexpr std::array kCandidates{
    Candidate{"SoftHSM2", "as it is", [] { return with(""); }, false, true},
    Candidate{"OwnIv", "SoftHSM2 that makes its own IVs", [] { return with("own-iv"); }, false, true},
    Candidate{"OneSession", "SoftHSM2 with one session and without OS locking",
              [] { return with("no-locking,sessions=1"); }, false, true},
    Candidate{"NoImport", "SoftHSM2 that takes no keys from outside (FIPS)", [] { return with("no-import"); }, false,
              true},
    Candidate{"KeyWrapOnly", "SoftHSM2 without AES-GCM", [] { return with("hide=0x1087"); }, false, true},
    Candidate{"KeyWrapPadOnly", "SoftHSM2 with AES-KWP alone",
              [] { return with("hide=0x1087,hide=0x2109,hide=0x1081,hide=0x1082"); }},
    Candidate{"CbcAndOaepOnly", "SoftHSM2 with AES-CBC and RSA-OAEP alone, no keys from outside",
              [] { return with("no-import,hide=0x1087,hide=0x2109,hide=0x210a,hide=0x1081"); }},
    Candidate{"Opencryptoki", "opencryptoki's soft token", make_opencryptoki_token, false, true},
    Candidate{"NssSoftoken", "NSS softoken", make_nss_token, false, true},
    Candidate{"P11KitServer", "SoftHSM2 behind p11-kit server", make_remote_token},
    Candidate{"RsaOnly", "SoftHSM2 without AES", without_aes<make_softhsm>, true},
    Candidate{"OpencryptokiRsaOnly", "opencryptoki's soft token without AES", without_aes<make_opencryptoki_token>,
              true},
    Candidate{"NssRsaOnly", "NSS softoken without AES", without_aes<make_nss_token>, true},
    Candidate{"Tpm2Pkcs11", "tpm2-pkcs11 on swtpm", make_tpm2_token, true},
};

}  // namespace

std::span<const Candidate> candidates() { return kCandidates; }

TemporaryDirectory::TemporaryDirectory() {
  std::string path = (std::filesystem::temp_directory_path() / "kaito-token-XXXXXX").string();
  if (!::mkdtemp(path.data())) throw std::runtime_error("mkdtemp failed");
  path_ = path;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path need_module(std::initializer_list<const char*> names, const std::string& package) {
  std::error_code ignored;
  for (const char* name : names)
    for (const char* folder : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"})
      for (const char* below : {"pkcs11", ""})
        if (const auto path = std::filesystem::path(folder) / below / name; std::filesystem::exists(path, ignored))
          return path;
  throw Unavailable(fmt::format("{} is not there (package {})", *names.begin(), package));
}

ClientConfig worker_config(const std::string& label, const std::filesystem::path& pin_file) {
  ClientConfig config;
  config.worker = KAITO_HSM_WORKER;
  config.token_uri = fmt::format("pkcs11:token={}?pin-source=file:{}", label, pin_file.string());
  config.call_deadline = Seconds(60);
  config.start_deadline = Seconds(60);
  return config;
}

void set_up(const ClientConfig& config, const std::string& label, const std::filesystem::path& directory,
            std::string_view so_pin, std::string_view user_pin) {
  const TokenSetup setup{.label = label, .so_pin_file = directory / "so-pin", .user_pin_file = directory / "pin"};
  Status done = write_file_atomically(setup.so_pin_file, as_bytes(so_pin));
  if (done) done = write_file_atomically(setup.user_pin_file, as_bytes(user_pin));
  if (done) done = set_up_token(config, setup);
  if (!done) throw std::runtime_error(done.error().describe());
}

}  // namespace kaito::hsm::test
