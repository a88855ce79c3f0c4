#include "appliance/auth/password_hasher.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace kaito::auth {
namespace {

constexpr unsigned kMaxThreads = 64;
constexpr std::uint32_t kMinMemoryKib = crypto_pwhash_MEMLIMIT_MIN / 1024;
constexpr std::uint32_t kMaxMemoryKib = 1024 * 1024;
constexpr std::uint32_t kMaxPasses = 16;

// libsodium wants a pointer even to no characters; an empty secret has none.
std::string_view text_of(const Passphrase& password) noexcept {
  return password.empty() ? std::string_view("") : as_text(password.expose_secret());
}

std::size_t memory_bytes(const PasswordCost& cost) noexcept { return std::size_t{cost.memory_kib} * 1024; }

Result<std::string> compute_hash(const Passphrase& password, const PasswordCost& cost) {
  std::array<char, crypto_pwhash_STRBYTES> phc{};
  const std::string_view text = text_of(password);
  if (crypto_pwhash_str_alg(phc.data(), text.data(), text.size(), cost.passes, memory_bytes(cost),
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(Code::internal, fmt::format("argon2id could not get {} KiB", cost.memory_kib));
  return std::string(phc.data());
}

// "name=number" and the separator after it, taken off the front of `rest`.
std::optional<std::uint32_t> take_parameter(std::string_view& rest, std::string_view name, char end) noexcept {
  if (!rest.starts_with(name)) return std::nullopt;
  rest.remove_prefix(name.size());
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc{} || stop == rest.data() + rest.size() || *stop != end) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()) + 1);
  return value;
}

// The cost that a PHC string asks for; none when it is no argon2id string of version 0x13 with one lane.
std::optional<PasswordCost> cost_of(std::string_view phc) noexcept {
  constexpr std::string_view kPrefix = "$argon2id$v=19$";
  if (!phc.starts_with(kPrefix) || phc.size() >= crypto_pwhash_STRBYTES) return std::nullopt;
  phc.remove_prefix(kPrefix.size());
  const auto memory = take_parameter(phc, "m=", ',');
  const auto passes = take_parameter(phc, "t=", ',');
  const auto lanes = take_parameter(phc, "p=", '$');
  if (!memory || !passes || lanes != 1U) return std::nullopt;
  return PasswordCost{.memory_kib = *memory, .passes = *passes};
}

Result<bool> compute_verify(const Passphrase& password, const std::string& phc, const PasswordCost& limit) {
  const auto cost = cost_of(phc);
  if (!cost) return fail(Code::integrity, "stored password hash is no argon2id PHC string");
  if (cost->memory_kib > limit.memory_kib || cost->passes > limit.passes)
    return fail(Code::integrity, "stored password hash asks for more than the configured cost");
  const std::string_view text = text_of(password);
  return crypto_pwhash_str_verify(phc.c_str(), text.data(), text.size()) == 0;
}

Status check(const PasswordHasherConfig& config) {
  const PasswordCost& cost = config.cost;
  if (config.threads < 1 || config.threads > kMaxThreads)
    return fail(Code::configuration, fmt::format("password threads must be 1 to {}", kMaxThreads));
  if (config.queue_limit < 1) return fail(Code::configuration, "the password queue must hold at least one");
  if (cost.memory_kib < kMinMemoryKib || cost.memory_kib > kMaxMemoryKib || cost.passes < 1 || cost.passes > kMaxPasses)
    return fail(Code::configuration, "argon2id cost is out of bounds");
  return {};
}

}  // namespace

struct PasswordHasher::State {
  explicit State(const PasswordHasherConfig& config) : limit(config.queue_limit), cost(config.cost) {}

  ~State() {
    {
      const std::scoped_lock lock(mutex);
      stopping = true;
      waiting.clear();  // their completers tell the callers
    }
    wake.notify_all();
  }

  template <class Value>
  Future<Result<Value>> submit(std::move_only_function<Result<Value>()> compute) {
    auto [future, completer] = make_future<Value>();
    {
      const std::scoped_lock lock(mutex);
      if (waiting.size() >= limit) {
        completer.set(fail(Code::rate_limited, "password queue is full"));
        return std::move(future);
      }
      waiting.emplace_back(
          [work = std::move(compute), answer = std::move(completer)]() mutable { answer.set(work()); });
    }
    wake.notify_one();
    return std::move(future);
  }

  void serve() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return stopping || !waiting.empty(); });
      if (stopping) return;
      auto job = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      job();
      job = nullptr;  // wipes the password before the next wait
      lock.lock();
    }
  }

  const std::size_t limit;
  const PasswordCost cost;
  std::string dummy;  // hash of a random password
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::deque<std::move_only_function<void()>> waiting;
  std::vector<std::jthread> threads;  // last: joined first
};

PasswordHasher::PasswordHasher(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
PasswordHasher::~PasswordHasher() = default;

Result<std::unique_ptr<PasswordHasher>> PasswordHasher::open(const PasswordHasherConfig& config, Random& random) {
  KAITO_CHECK(check(config));
  if (sodium_init() < 0) return fail(Code::configuration, "libsodium could not be initialised");
  auto state = std::make_unique<State>(config);
  KAITO_TRY(state->dummy, compute_hash(Passphrase::random(32, random), config.cost));
  for (unsigned i = 0; i < config.threads; ++i) state->threads.emplace_back([pool = state.get()] { pool->serve(); });
  return std::unique_ptr<PasswordHasher>(new PasswordHasher(std::move(state)));
}

Future<Result<std::string>> PasswordHasher::hash(Passphrase password) {
  return state_->submit<std::string>(
      [secret = std::move(password), cost = state_->cost] { return compute_hash(secret, cost); });
}

Future<Result<bool>> PasswordHasher::verify(Passphrase password, std::string phc) {
  return state_->submit<bool>([secret = std::move(password), stored = std::move(phc), cost = state_->cost] {
    return compute_verify(secret, stored, cost);
  });
}

Future<Result<bool>> PasswordHasher::verify_dummy(Passphrase password) {
  return state_->submit<bool>([secret = std::move(password), this]() -> Result<bool> {
    KAITO_TRY(const bool ignored, compute_verify(secret, state_->dummy, state_->cost));
    static_cast<void>(ignored);
    return false;
  });
}

bool PasswordHasher::needs_rehash(const std::string& phc) const {
  const auto cost = cost_of(phc);
  return !cost || cost->memory_kib != state_->cost.memory_kib || cost->passes != state_->cost.passes;
}

}  // namespace kaito::auth
