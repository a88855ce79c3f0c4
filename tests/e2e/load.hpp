// Clients that read codes and add seeds without pause, and remember every answer that they were given: what an
// appliance that is killed meanwhile may not lose.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/scenario/reference_codes.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {

class Load {
 public:
  struct Acknowledged {
    std::map<std::string, std::string> requests;  // request id to the action that its record must name
    std::map<std::string, std::string> seeds;     // id to secret
    std::map<std::int64_t, std::string> codes;    // of the seed that is read: start of the time step to code
    std::set<std::string> contradictions;         // answers that must not be: two codes for one step, a wrong refusal
    std::uint64_t refused = 0;                    // 503 with Retry-After
    std::uint64_t unanswered = 0;                 // the connection broke
  };

  // Starts at once. `api_key` may read codes and write seeds.
  Load(const TestAppliance& appliance, const std::string& org_path, const std::string& api_key,
       const std::string& seed_to_read);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Blocks until `count` more requests have been answered with success.
  void wait_for_successes(std::uint64_t count);
  // Ends the clients; what they were told.
  Acknowledged stop();

 private:
  static constexpr int kReaders = 3;
  static constexpr int kWriters = 2;

  void read_codes(const std::stop_token& stop, cli::ApiClient client);
  void add_seeds(const std::stop_token& stop, cli::ApiClient client, int writer);
  // The JSON of a success.
  std::optional<boost::json::value> take(const Result<cli::Response>& response, const std::string& action);
  void remember_code(const boost::json::value& reply);

  const std::string org_path_;
  const std::string read_path_;
  std::mutex mutex_;
  Acknowledged acknowledged_;
  std::atomic<std::uint64_t> successes_{0};
  std::vector<std::jthread> threads_;
};

}  // namespace kaito::test
