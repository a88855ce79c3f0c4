// How fast DEKs and org KEKs move to new keys through the worker, against what the token itself could do at most. All
// in one run, in turn, so that the ratios hold on a noisy machine.
//
//   (a) C_Decrypt + C_Encrypt (AES-GCM) of DEKs on one thread of a SoftHSM token, nothing around it
//   (b) rewrap_deks of the same token through a client, frames of 256 and of 64; every DEK is held against its proof
//       and every new one opened again
//   (c) rewrap_org_keks of 10,000 org KEKs from one platform KEK to the next
#include <sys/resource.h>

#include <cstdio>

#include "appliance/base/invariant.hpp"
#include "hsm/client/client.hpp"
#include "hsm/client/one_shot.hpp"
#include "tests/fakes/sealed_message.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

constexpr int kRounds = 3;
constexpr Milliseconds kRawTime{1000};
constexpr std::size_t kDeks = 50'000;
constexpr std::size_t kOrgs = 10'000;

template <class T>
T must(Result<T> result) {
  if (!result) fmt::print(stderr, "bench: {}\n", result.error().describe());
  KAITO_INVARIANT(result.has_value());
  return *std::move(result);
}
class RewrapBench {
 public:
  void run() {
    fmt::print("{:>16}{:>16}{:>8}{:>16}{:>8}{:>20}{:>24}\n", "raw recrypts/s", "rewraps/s, 256", "ratio",
               "rewraps/s, 64", "ratio", "10,000 org KEKs, s", "of it the worker's CPU");
    for (int round = 0; round < kRounds; ++round) {
      client_.reset();
      const auto raw = must(measure_raw_speed(token_.config(), kRawTime));
      const double large = deks_per_second(256);
      const double small = deks_per_second(64);
      const auto [orgs, cpu] = org_keks_seconds();
      fmt::print("{:>16.0f}{:>16.0f}{:>8.2f}{:>16.0f}{:>8.2f}{:>20.2f}{:>24.2f}\n", raw.recrypts, large,
                 large / raw.recrypts, small, small / raw.recrypts, orgs, cpu);
      std::fflush(stdout);
    }
  }

 private:
  void start(std::size_t batch) {
    client_.reset();
    auto config = token_.config();
    config.max_batch = batch;
    client_ = must(Client::start(config, clock_, logger_));
    for (const KeyVersion version : {1U, 2U})
      if (const auto made = wait_for(client_->create_platform_kek(version)); !made)
        KAITO_INVARIANT(made.error().code == Code::conflict);
  }
  OrgKekRef org_kek(std::uint8_t name) {
    const Bytes aad(40, name);
    return std::make_shared<OrgKek>(OrgKek{.wrapped = must(wait_for(client_->create_org_kek(1, aad))), .aad = aad});
  }
  double seconds_since(SteadyPoint start) const {
    return std::chrono::duration<double>(clock_.steady_now() - start).count();
  }

  double deks_per_second(std::size_t batch) {
    start(batch);
    const auto from = org_kek(1);
    const auto to = org_kek(2);
    std::vector<DekToWrap> fresh;
    std::vector<SealedMessage> proofs;  // as large as a seed's
    for (int i = 0; i < 256; ++i) {
      fresh.push_back({.dek = Dek::random(kDekSize, random_), .aad = Bytes(64, 7)});
      const Bytes aad(51, 6);
      proofs.push_back(
          kaito::test::sealed(std::as_const(fresh.back().dek).expose_secret(), "a seed of twenty byt", aad));
    }
    const auto wrapped = must(wait_for(client_->wrap_deks(from, std::move(fresh))));
    std::vector<DekToRewrap> list;
    for (std::size_t i = 0; i < kDeks; ++i)
      list.push_back({.wrapped = must(wrapped[i % 256]),
                      .aad_before = Bytes(64, 7),
                      .aad_after = Bytes(64, 8),
                      .proof = proofs[i % 256]});
    const SteadyPoint begin = clock_.steady_now();
    for (const auto& one : must(wait_for(client_->rewrap_deks(from, to, std::move(list)))))
      KAITO_INVARIANT(one.has_value());
    return static_cast<double>(kDeks) / seconds_since(begin);
  }

  // Of workers that have ended.
  static double workers_cpu() {
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }

  // By the clock, and of the worker's processor time with its start in it, which a busy machine changes less.
  std::pair<double, double> org_keks_seconds() {
    client_.reset();
    const double before = workers_cpu();
    start(256);
    const auto kek = org_kek(3);
    std::vector<OrgKekToRewrap> list(kOrgs, {.blob = kek->wrapped.blob, .aad = kek->aad});
    const SteadyPoint begin = clock_.steady_now();
    for (const auto& one : must(wait_for(client_->rewrap_org_keks(1, 2, std::move(list)))))
      KAITO_INVARIANT(one.has_value());
    const double seconds = seconds_since(begin);
    client_.reset();
    return {seconds, workers_cpu() - before};
  }

  SoftHsmToken token_;
  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  std::unique_ptr<Client> client_;
};

}  // namespace
}  // namespace kaito::hsm::test

int main() {
  if (const auto ready = kaito::init_secret_memory(); !ready) return 1;
  kaito::hsm::test::RewrapBench().run();
}
