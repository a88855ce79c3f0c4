// What a customer's own HSM costs, and whom.
//
//   byok_bench switch      seconds from disabling the key in the customer's token to the first refusal, and from
//   enabling
//                          it to the first code, with a lease of 30 s, 5 s and 0; each measured from a fresh unwrap,
//                          which is the worst moment
//   byok_bench isolation   latency of codes of 50 orgs while two others' HSMs are well, and while one of them hangs and
//                          the other's worker crashes at every call; in turns, in one run
#include <poll.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <thread>

#include "tests/e2e/customers_hsms.hpp"
#include "tests/integration/hsm/customer_token.hpp"
#include "tests/scenario/must.hpp"

namespace kaito::test {
namespace {

using SteadyClock = std::chrono::steady_clock;
using hsm::test::CustomerToken;

constexpr std::string_view kSecret = "JBSWY3DPEHPK3PXP";
constexpr int kOrgs = 50;
constexpr int kClients = 4;
constexpr int kRounds = 3;
constexpr Seconds kRound{5};

double seconds_since(SteadyClock::time_point began) {
  return std::chrono::duration<double>(SteadyClock::now() - began).count();
}

struct Tenant {
  Tenant(Stage& stage, const std::string& name) : org(stage, name) {
    seed = must(add_seed(org.owner, org.id, fmt::format("otpauth://totp/a?secret={}", kSecret)));
    path = org.path("/seeds/" + seed + "/code");
    api_key = must(make_api_key(org.owner, org.id, {"codes:read"}));
  }
  int read() { return must(org.owner.send("GET", path)).status; }
  double until(bool given) {
    const auto began = SteadyClock::now();
    while ((read() == 200) != given) ::poll(nullptr, 0, 2);
    return seconds_since(began);
  }
  OrgOnStage org;
  std::string seed;
  std::string path;
  std::string api_key;
};

void measure_switch(int lease, int rounds) {
  const CustomersHsms hsms;
  const CustomerToken customer;
  Stage stage(hsms.options({"--dek-lease-seconds", std::to_string(lease)}));
  Tenant tenant(stage, "Acme");
  hsms.open(stage.appliance, tenant.org, "acme", customer.config());
  connect_hsm(tenant.org, "acme");
  const std::string key = fmt::format("kaito-{}-v2", tenant.org.id);
  for (int round = 0; round < rounds; ++round) {
    ::poll(nullptr, 0, lease * 1000 + 100);  // no lease is left
    tenant.until(true);
    const auto disabled = SteadyClock::now();
    customer.disable(key);
    tenant.until(false);
    const double stopped = seconds_since(disabled);
    const auto enabled = SteadyClock::now();
    customer.enable(key);
    tenant.until(true);
    fmt::print(
        "lease {:2} s: codes stopped {:6.3f} s after the command to disable, came back {:.3f} s after enabling\n",
        lease, stopped, seconds_since(enabled));
    std::fflush(stdout);
  }
}

struct Latency {
  double p50 = 0;
  double p99 = 0;
  std::size_t count = 0;
};

Latency latency_of(std::vector<double> milliseconds) {
  std::ranges::sort(milliseconds);
  const auto at = [&](double part) {
    return milliseconds[static_cast<std::size_t>(static_cast<double>(milliseconds.size() - 1) * part)];
  };
  return {at(0.5), at(0.99), milliseconds.size()};
}

// Codes of all orgs in turn, on a few connections, for a round.
Latency load(const TestAppliance& appliance, const std::vector<std::unique_ptr<Tenant>>& tenants) {
  std::vector<std::vector<double>> taken(kClients);
  {
    std::vector<std::jthread> clients;
    for (std::size_t number = 0; number < kClients; ++number)
      clients.emplace_back([&, number] {
        auto client = appliance.client();
        const auto began = SteadyClock::now();
        for (std::size_t i = number; SteadyClock::now() - began < kRound; ++i) {
          const Tenant& tenant = *tenants[i % tenants.size()];
          client.use_api_key(Token::copy_of(std::string_view(tenant.api_key)));
          const auto asked = SteadyClock::now();
          KAITO_INVARIANT(must(client.send("GET", tenant.path)).status == 200);
          taken[number].push_back(seconds_since(asked) * 1000);
        }
      });
  }
  std::vector<double> all;
  for (const auto& some : taken) all.insert(all.end(), some.begin(), some.end());
  return latency_of(std::move(all));
}

// Clients of an org with an own HSM, who ask on whatever they are answered.
class Insistent {
 public:
  Insistent(const TestAppliance& appliance, const Tenant& tenant) {
    for (int i = 0; i < 2; ++i)
      threads_.emplace_back([&](const std::stop_token& stop) {
        auto client = appliance.client();
        client.use_api_key(Token::copy_of(std::string_view(tenant.api_key)));
        while (!stop.stop_requested()) {
          ++(must(client.send("GET", tenant.path)).status == 200 ? served : refused);
          ::poll(nullptr, 0, 20);
        }
      });
  }
  std::atomic<int> served{0};
  std::atomic<int> refused{0};

 private:
  std::vector<std::jthread> threads_;
};

void measure_isolation() {
  const CustomersHsms hsms;
  const CustomerToken first;
  const CustomerToken second("second");
  const FaultyHsm hung(first.config());
  const FaultyHsm crashing(second.config());
  Stage stage(hsms.options());
  std::vector<std::unique_ptr<Tenant>> tenants;
  for (int i = 0; i < kOrgs; ++i) tenants.push_back(std::make_unique<Tenant>(stage, fmt::format("Org {}", i)));
  Tenant with_hung(stage, "Hung");
  Tenant with_crashing(stage, "Crashing");
  hsms.open(stage.appliance, with_hung.org, "hung", hung.config());
  hsms.open(stage.appliance, with_crashing.org, "crashing", crashing.config());
  connect_hsm(with_hung.org, "hung");
  connect_hsm(with_crashing.org, "crashing");
  Insistent first_clients(stage.appliance, with_hung);
  Insistent second_clients(stage.appliance, with_crashing);

  load(stage.appliance, tenants);  // not counted: everything is loaded
  std::vector<double> well;
  std::vector<double> ill;
  for (int round = 0; round < kRounds; ++round)
    for (const bool faulty : {false, true}) {
      hung.plan(faulty ? "C_DecryptInit 1 hang\n" : "");
      crashing.plan(faulty ? "C_DecryptInit 1 crash\n" : "");
      if (!faulty) {
        with_hung.until(true);
        with_crashing.until(true);
      }
      const Latency latency = load(stage.appliance, tenants);
      (faulty ? ill : well).push_back(latency.p99);
      fmt::print("{}: {} codes of {} orgs, p50 {:.2f} ms, p99 {:.2f} ms\n",
                 faulty ? "one HSM hangs, one crashes" : "all HSMs are well       ", latency.count, kOrgs, latency.p50,
                 latency.p99);
    }
  std::ranges::sort(well);
  std::ranges::sort(ill);
  fmt::print("p99 of the others, median of {} rounds each: {:.2f} ms and {:.2f} ms, ratio {:.2f} (bar 1.5)\n", kRounds,
             well[kRounds / 2], ill[kRounds / 2], ill[kRounds / 2] / well[kRounds / 2]);
  fmt::print("the two's own clients: {} and {} codes, {} and {} refusals\n", first_clients.served.load(),
             second_clients.served.load(), first_clients.refused.load(), second_clients.refused.load());
  fmt::print("{}\n", boost::json::serialize(must(stage.officer.call("GET", "/v1/hsms"))));
}

int run(std::string_view what) {
  if (!what.empty() && what != "switch" && what != "isolation")
    return fmt::print(stderr, "usage: byok_bench [switch|isolation]\n"), 2;
  if (what != "isolation") {
    measure_switch(0, 5);
    measure_switch(5, 3);
    measure_switch(30, 1);
  }
  if (what != "switch") measure_isolation();
  return 0;
}

}  // namespace
}  // namespace kaito::test

int main(int count, char** arguments) {
  if (!kaito::init_secret_memory()) return 70;
  return kaito::test::run(count == 2 ? arguments[1] : "");
}
