// How many codes a second the whole product gives, set against what the machine could do at most: a bare Beast TLS
// server under the same load, and the token's own decryptions. All in one run, in turn, so that the ratios hold on a
// noisy machine.
//
//   (a) GET …/code over TLS keep-alive, 32 connections; every read unwraps its DEK in the HSM and is durable in the
//   audit
//       log before its reply leaves
//   (b) the same load, the same requests, on bare_server (a fixed answer of 100 bytes)
//   (c) C_Decrypt (AES-GCM) of a wrapped DEK on one thread of the same SoftHSM token
//
//   code_bench [OPTIONS OF kaitod run]      to compare settings: code_bench --io-threads 1
//   KAITO_BENCH_SECONDS=60 code_bench       longer rounds, for a profiler
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "appliance/base/file.hpp"
#include "appliance/base/invariant.hpp"
#include "tests/scenario/people.hpp"
#include "tests/scenario/test_appliance.hpp"

namespace kaito::test {
namespace {

constexpr int kConnections = 32;
constexpr int kRounds = 9;
constexpr int kSeeds = 200;

template <class T>
T must(Result<T> result) {
  if (!result) fmt::print(stderr, "bench: {}\n", result.error().describe());
  KAITO_INVARIANT(result.has_value());
  return *std::move(result);
}
void must(Status status) {
  if (!status) fmt::print(stderr, "bench: {}\n", status.error().describe());
  KAITO_INVARIANT(status.has_value());
}

int seconds_a_round() {
  const char* given = std::getenv("KAITO_BENCH_SECONDS");  // NOLINT(concurrency-mt-unsafe)
  return given == nullptr ? 2 : std::max(1, std::atoi(given));
}

struct Load {
  double requests_per_second = 0;
  std::string p50;
  std::string p99;
};

std::string after(const std::string& text, std::string_view mark) {
  const auto at = text.find(mark);
  if (at == std::string::npos) return "";
  const auto begin = text.find_first_not_of(' ', at + mark.size());
  return text.substr(begin, text.find_first_of(" \n", begin) - begin);
}

Load run_wrk(const std::string& url, const std::filesystem::path& script) {
  const auto done =
      run_program({"wrk", "-t1", "-c" + std::to_string(kConnections), "-d" + std::to_string(seconds_a_round()) + "s",
                   "--latency", "-s", script.string(), url});
  const bool clean = done.exit_code == 0 && done.output.find("Non-2xx") == std::string::npos &&
                     done.output.find("Socket errors") == std::string::npos;
  if (!clean) fmt::print(stderr, "{}\n", done.output);
  KAITO_INVARIANT(clean);
  // A deviation further up may end in "50%" too.
  const std::string percentiles = done.output.substr(done.output.find("Latency Distribution"));
  return {std::stod(after(done.output, "Requests/sec:")), after(percentiles, "50%"), after(percentiles, "99%")};
}

// User and system seconds that a process has used so far.
struct CpuTime {
  double user = 0;
  double system = 0;
};
CpuTime cpu_time(pid_t pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::vector<std::string> fields;
  std::string field;
  for (const char c : text.substr(text.rfind(')') + 2)) {
    if (c != ' ') {
      field.push_back(c);
      continue;
    }
    fields.push_back(std::exchange(field, {}));
  }
  const double tick = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return {std::stod(fields.at(11)) / tick, std::stod(fields.at(12)) / tick};
}

// A server that prints its port and runs until it is killed.
class BareServer {
 public:
  explicit BareServer(const std::filesystem::path& directory) {
    int ends[2];
    KAITO_INVARIANT(::pipe(ends) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      const std::string threads = std::to_string(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
      ::execl(KAITO_BARE_SERVER, "bare_server", threads.c_str(), directory.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    std::FILE* out = ::fdopen(ends[0], "r");
    KAITO_INVARIANT(std::fscanf(out, "%d", &port_) == 1);
    std::fclose(out);
  }
  ~BareServer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  BareServer(const BareServer&) = delete;
  BareServer& operator=(const BareServer&) = delete;
  [[nodiscard]] std::string url() const { return fmt::format("https://127.0.0.1:{}", port_); }

 private:
  pid_t pid_ = -1;
  int port_ = 0;
};

struct Vault {
  std::string org;
  std::string api_key;
  std::vector<std::string> seeds;
};

Vault fill(const TestAppliance& appliance) {
  auto staff = appliance.client();
  SoftAuthenticator key;
  must(enrol_staff(staff, key, appliance.setup_token(), "officer"));
  must(login_staff(staff, key));
  const auto org = must(make_org(staff, "Bench", "owner"));
  auto owner = appliance.client();
  must(accept_invitation(owner, org.invitation, "owner", "a password for the benchmark"));
  Vault vault{.org = org.id, .api_key = must(make_api_key(owner, org.id, {"codes:read"})), .seeds = {}};
  for (int i = 0; i < kSeeds; ++i)
    vault.seeds.push_back(
        must(add_seed(owner, org.id,
                      fmt::format("otpauth://totp/Bench:{}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY{:c}{:c}QOJQ&issuer=Bench",
                                  i, 'A' + i % 26, 'A' + i / 26))));
  return vault;
}

std::filesystem::path write_script(const TestAppliance& appliance, const Vault& vault) {
  std::string script = "local paths = {\n";
  for (const auto& seed : vault.seeds) script += fmt::format("  '/v1/orgs/{}/seeds/{}/code',\n", vault.org, seed);
  script +=
      fmt::format("}}\nlocal head = {{['Host'] = 'localhost', ['Authorization'] = 'Bearer {}'}}\n", vault.api_key);
  script +=
      "local requests = {}\n"
      "init = function() for i, path in ipairs(paths) do requests[i] = wrk.format('GET', path, head) end end\n"
      "request = function() return requests[math.random(#requests)] end\n";
  const auto path = appliance.directory() / "codes.lua";
  must(write_file_atomically(path, as_bytes(script)));
  return path;
}

double raw_decrypts(const TestAppliance& appliance) {
  const auto hsm = appliance.data() / "hsm";
  ::setenv("SOFTHSM2_CONF", (hsm / "softhsm2.conf").c_str(), 1);
  const auto done =
      run_program({KAITO_HSM_WORKER, "--bench", "--token-uri",
                   fmt::format("pkcs11:token=kaito?pin-source=file:{}", (hsm / "user.pin").string()), "--module",
                   KAITO_SOFTHSM, "--token-directory", (hsm / "tokens").string(), "--duration-ms", "3000"});
  if (done.exit_code != 0) fmt::print(stderr, "{}\n", done.output);
  KAITO_INVARIANT(done.exit_code == 0);
  const auto mark = done.output.find(" decrypts per second");
  KAITO_INVARIANT(mark != std::string::npos);
  return std::stod(done.output.substr(done.output.rfind('\n', mark) + 1));
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void run(std::vector<std::string> options) {
  options.insert(options.end(), {"--rate-scale", "100000", "--log-level", "warning", "--dek-lease-seconds", "0"});
  TestAppliance appliance(std::move(options));
  const Vault vault = fill(appliance);
  const auto script = write_script(appliance, vault);
  const auto bare_directory = appliance.directory() / "bare";
  must(make_private_directory(bare_directory));
  const BareServer bare(bare_directory);

  std::vector<double> codes;
  std::vector<double> plain;
  std::vector<double> ratios;
  Load last_codes;
  Load last_plain;
  const pid_t worker = appliance.worker_pid();
  double daemon_user = 0;
  double daemon_system = 0;
  double worker_cpu = 0;
  double reads = 0;
  for (int round = 0; round < kRounds; ++round) {
    const CpuTime daemon_before = cpu_time(appliance.pid());
    const CpuTime worker_before = cpu_time(worker);
    last_codes = run_wrk(appliance.url(), script);
    const CpuTime daemon_after = cpu_time(appliance.pid());
    const CpuTime worker_after = cpu_time(worker);
    daemon_user += daemon_after.user - daemon_before.user;
    daemon_system += daemon_after.system - daemon_before.system;
    worker_cpu += worker_after.user + worker_after.system - worker_before.user - worker_before.system;
    reads += last_codes.requests_per_second * seconds_a_round();
    last_plain = run_wrk(bare.url(), script);
    codes.push_back(last_codes.requests_per_second);
    plain.push_back(last_plain.requests_per_second);
    ratios.push_back(codes.back() / plain.back());
    fmt::print("round {}: (a) {:.0f}/s p50 {} p99 {}   (b) {:.0f}/s p50 {} p99 {}   a/b {:.3f}\n", round + 1,
               codes.back(), last_codes.p50, last_codes.p99, plain.back(), last_plain.p50, last_plain.p99,
               ratios.back());
    std::fflush(stdout);
  }
  appliance.kill(SIGTERM);
  appliance.wait();
  const double raw = raw_decrypts(appliance);
  fmt::print(
      "(a) code reads, durable audit, DEK unwrapped in the HSM: {:.0f}/s (median of {})\n"
      "(b) bare Beast TLS server, 100-byte answer:              {:.0f}/s\n"
      "(c) raw C_Decrypt AES-GCM, one thread, same token:       {:.0f}/s\n"
      "a/b = {:.3f}\n"
      "CPU a code read: kaitod {:.1f} us user + {:.1f} us system, worker {:.1f} us\n",
      median(codes), kRounds, median(plain), raw, median(ratios), daemon_user / reads * 1e6,
      daemon_system / reads * 1e6, worker_cpu / reads * 1e6);
}

}  // namespace
}  // namespace kaito::test

int main(int argc, char** argv) {
  KAITO_INVARIANT(kaito::init_secret_memory().has_value());
  kaito::test::run({argv + 1, argv + argc});
  return 0;
}
