// kaito-soft-key: plugs a security key in software into a guest. Returns when it is there; a child process serves it
// until that is killed. Credentials and counters are in a file, written before each answer: after a power cut the same
// key comes back.
#include <fmt/format.h>

#include <filesystem>

#include "appliance/base/file.hpp"
#include "appliance/base/secret.hpp"
#include "tests/guest/uhid_device.hpp"

namespace {

using namespace kaito;  // NOLINT(google-build-using-namespace): main's own file
namespace fs = std::filesystem;

struct Options {
  fs::path state;
  fs::path link;
  std::optional<std::string> pin;
};

Result<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--state")
      options.state = argv[i + 1];
    else if (name == "--link")
      options.link = argv[i + 1];
    else if (name == "--pin")
      options.pin = argv[i + 1];
    else
      return fail(Code::usage, "unknown option " + std::string(name));
  }
  if (options.state.empty() || options.link.empty())
    return fail(Code::usage, "kaito-soft-key --state FILE --link PATH [--pin PIN]");
  return options;
}

Result<test::SoftAuthenticator> load_or_make(const fs::path& state) {
  std::error_code ignored;
  if (fs::exists(state, ignored)) return test::SoftAuthenticator::load(state);
  test::SoftAuthenticator key;
  KAITO_CHECK(key.save(state));
  return key;
}

Status run(const Options& options) {
  KAITO_TRY(auto key, load_or_make(options.state));
  key.behaviour.pin = options.pin;
  KAITO_TRY(auto device, test::UhidDevice::plug_in(options.link.filename()));
  std::error_code failed;
  fs::remove(options.link, failed);
  fs::create_symlink(device.path(), options.link, failed);
  if (failed) return fail(Code::storage_failed, options.link.string() + ": " + failed.message());
  const pid_t child = ::fork();
  if (child < 0) return fail(Code::internal, "fork");
  if (child > 0) {
    fmt::print("{} {}\n", device.path(), child);
    return {};
  }
  ::setsid();
  ::fclose(stdout);
  test::CtapHid hid(key);
  return device.serve(hid, [&] { return key.save(options.state); });
}

}  // namespace

int main(int argc, char** argv) {
  const auto ready = init_secret_memory();
  const auto options = parse(argc, argv);
  const Status done = !ready ? ready : options ? run(*options) : Status(fail(options.error()));
  if (done) return 0;
  fmt::print(stderr, "kaito-soft-key: {}\n", done.error().describe());
  return traits(done.error().code).exit_code;
}
