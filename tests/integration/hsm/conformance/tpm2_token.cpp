// tpm2-pkcs11 on a TPM in software, with a store of its own and tpm2-abrmd between the two: a TPM has room for three
// objects, which the module fills with its second key, and on hardware the kernel's /dev/tpmrm0 is what makes room.
#include <cstdlib>

#include "tests/integration/hsm/conformance/child_process.hpp"
#include "tests/integration/hsm/conformance/token_under_test.hpp"

namespace kaito::hsm::test {
namespace {

constexpr const char* kTpm2Label = "kaito-test";

class Tpm2Token final : public TokenUnderTest {
 public:
  Tpm2Token() : module_(need_module({"libtpm2_pkcs11.so"}, "libtpm2-pkcs11-1")) {
    for (const auto& [program, package] : {std::pair{"swtpm", "swtpm"}, std::pair{"tpm2-abrmd", "tpm2-abrmd"},
                                           std::pair{"dbus-daemon", "dbus-daemon"}, std::pair{"dbus-send", "dbus-bin"}})
      need_program(program, package);
    for (const char* folder : {"state", "store"}) std::filesystem::create_directory(directory_.path() / folder);
    tpm_.emplace(std::vector<std::string>{
        "swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + (directory_.path() / "state").string(), "--ctrl",
        "type=unixio,path=" + socket().string() + ".ctrl", "--server", "type=unixio,path=" + socket().string(),
        "--flags", "not-need-init,startup-clear"});
    tpm_->wait_until([&] { return std::filesystem::exists(socket()); });
    bus_.emplace(std::vector<std::string>{"dbus-daemon", "--session", "--nofork", "--address=" + bus_address()});
    bus_->wait_until([&] { return std::filesystem::exists(bus()); });
    resource_manager_.emplace(
        std::vector<std::string>{"tpm2-abrmd", "--allow-root", "--session", "--tcti=swtpm:path=" + socket().string()},
        std::map<std::string, std::string>{{"DBUS_SESSION_BUS_ADDRESS", bus_address()}});
    resource_manager_->wait_until([&] { return serves(); });
    set_up(config(), kTpm2Label, directory_.path(), "security-officer-0815", "correct-horse-4711");
  }
  [[nodiscard]] ClientConfig config() const override {
    ClientConfig config = worker_config(kTpm2Label, directory_.path() / "pin");
    config.module = module_;
    config.environment = {{"TPM2_PKCS11_TCTI", "tabrmd:bus_type=session"},
                          {"DBUS_SESSION_BUS_ADDRESS", bus_address()},
                          {"TPM2_PKCS11_STORE", (directory_.path() / "store").string()},
                          {"TSAN_OPTIONS", blind_to_glib()}};
    return config;
  }

 private:
  [[nodiscard]] std::filesystem::path socket() const { return directory_.path() / "tpm.socket"; }
  [[nodiscard]] std::filesystem::path bus() const { return directory_.path() / "bus"; }
  [[nodiscard]] std::string bus_address() const { return "unix:path=" + bus().string(); }
  // The module's way to the bus is GLib, whose own thread and locks ThreadSanitizer does not see.
  [[nodiscard]] static std::string blind_to_glib() {
    const char* options = std::getenv("TSAN_OPTIONS");
    return fmt::format("{}:ignore_noninstrumented_modules=1", options ? options : "");
  }
  // Whether the resource manager has its name on the bus.
  [[nodiscard]] bool serves() const {
    try {
      run_program({"dbus-send", "--bus=" + bus_address(), "--print-reply", "--dest=com.intel.tss2.Tabrmd",
                   "/com/intel/tss2/Tabrmd/Tcti", "org.freedesktop.DBus.Peer.Ping"});
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  }
  TemporaryDirectory directory_;
  std::filesystem::path module_;
  std::optional<ChildProcess> tpm_;
  std::optional<ChildProcess> bus_;
  std::optional<ChildProcess> resource_manager_;
};

}  // namespace

std::unique_ptr<TokenUnderTest> make_tpm2_token() { return std::make_unique<Tpm2Token>(); }

}  // namespace kaito::hsm::test
