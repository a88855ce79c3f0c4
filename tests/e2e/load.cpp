#include "tests/e2e/load.hpp"

#include "tests/e2e/timed_code.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

// A new secret in every process and for every call: the appliance of one test lives through several loads.
std::string new_secret() {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  static std::atomic<std::uint32_t> next{0};
  std::string secret = "KAITOKILLTESTAAAAAAAAAAA";
  auto number = next.fetch_add(1);
  for (auto at = secret.rbegin(); number > 0; ++at, number /= 32) *at = kDigits[number % 32];
  return secret;
}

}  // namespace

Load::Load(const TestAppliance& appliance, const std::string& org_path, const std::string& api_key,
           const std::string& seed_to_read)
    : org_path_(org_path), read_path_(fmt::format("{}/seeds/{}/code", org_path, seed_to_read)) {
  const auto client = [&] {
    auto made = appliance.client();
    made.use_api_key(Token::copy_of(api_key));
    return made;
  };
  for (int i = 0; i < kReaders; ++i)
    threads_.emplace_back(
        [this, c = client()](const std::stop_token& stop) mutable { read_codes(stop, std::move(c)); });
  for (int i = 0; i < kWriters; ++i)
    threads_.emplace_back(
        [this, i, c = client()](const std::stop_token& stop) mutable { add_seeds(stop, std::move(c), i); });
}

void Load::wait_for_successes(std::uint64_t count) {
  const std::uint64_t enough = successes_.load() + count;
  for (std::uint64_t seen = successes_.load(); seen < enough; seen = successes_.load()) successes_.wait(seen);
}

Load::Acknowledged Load::stop() {
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();
  return std::move(acknowledged_);
}

void Load::read_codes(const std::stop_token& stop, cli::ApiClient client) {
  while (!stop.stop_requested())
    if (const auto reply = take(client.send("GET", read_path_), "seed.code.read")) remember_code(*reply);
}

void Load::add_seeds(const std::stop_token& stop, cli::ApiClient client, int writer) {
  while (!stop.stop_requested()) {
    const std::string secret = new_secret();
    const json::object seed{{"secret", secret}, {"account", fmt::format("writer {}", writer)}};
    const auto reply = take(client.send("POST", org_path_ + "/seeds", seed), "seed.create");
    if (!reply) continue;
    const std::scoped_lock lock(mutex_);
    acknowledged_.seeds[text_at(*reply, "/id")] = secret;
  }
}

std::optional<json::value> Load::take(const Result<cli::Response>& response, const std::string& action) {
  const std::scoped_lock lock(mutex_);
  if (!response) {
    ++acknowledged_.unanswered;
    return std::nullopt;
  }
  if (response->status >= 300) {
    if (response->status == 503 && response->headers.contains("retry-after")) ++acknowledged_.refused;
    // When a kept connection ends without an answer, libcurl sends the request again on a new one. The first may have
    // been carried out, so this is an answer to a question nobody asked.
    else if (response->status == 409 && action == "seed.create")
      ++acknowledged_.unanswered;
    else
      acknowledged_.contradictions.insert(fmt::format("{}: {} {}", action, response->status, response->body));
    return std::nullopt;
  }
  acknowledged_.requests[response->headers.at("x-request-id")] = action;
  successes_.fetch_add(1);
  successes_.notify_all();
  return must(response->json());
}

void Load::remember_code(const json::value& reply) {
  const TimedCode timed = TimedCode::of(reply);
  const std::scoped_lock lock(mutex_);
  const auto [known, is_new] = acknowledged_.codes.try_emplace(to_unix_s(timed.valid_from), timed.code);
  if (!is_new && known->second != timed.code) acknowledged_.contradictions.insert("two codes for one time step");
}

}  // namespace kaito::test
